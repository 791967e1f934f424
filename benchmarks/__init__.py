"""Figures of speed and size, each measured against its limit in one run: `python -m benchmarks`."""
