"""From what users register, in the words of the v0.7 protocol, to versions that run."""
