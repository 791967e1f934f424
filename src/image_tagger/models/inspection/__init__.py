"""What a file on disk is, which files belong to it, and what the network in it takes and gives."""
