"""PyTorch's `.pt2` archives, read without torch: a graph in JSON and tensors as raw bytes, never a pickle."""
