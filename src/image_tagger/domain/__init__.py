"""The words of the product as frozen values and rules; plain Python."""
