"""Makes the embedded model: `python -m training.train`, then `python -m training.export`, then `python -m training.evaluate`."""
