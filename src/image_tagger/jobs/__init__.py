"""Work that outlives a request: the ledger that remembers it, and the workers that do it."""
