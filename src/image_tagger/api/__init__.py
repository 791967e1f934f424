"""The doors: HTTP in the dialects of five systems, health, metrics."""
