"""Takes models of the hub in: fetched, checked, installed."""
