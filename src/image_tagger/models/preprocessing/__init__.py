"""From a picture to the network's tensor, and where the picture lies in it."""
