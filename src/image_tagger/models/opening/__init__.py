"""A process of its own with limits for everything that opens a file of unknown origin."""
