"""What a model is, and how one image becomes predictions."""
