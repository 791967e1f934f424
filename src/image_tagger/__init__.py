"""Image Tagger: what is in images, on your own machine."""
