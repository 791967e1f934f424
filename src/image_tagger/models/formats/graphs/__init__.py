"""TensorFlow's graphs, read without TensorFlow: what they would run is known before anything opens them."""
