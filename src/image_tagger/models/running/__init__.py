"""How tensors go through a network, whichever library runs it."""
