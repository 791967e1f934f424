"""Makes the embedded model: `python -m training.train`, then `training.export`, then `training.evaluate`."""
