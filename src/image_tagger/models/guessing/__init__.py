"""A starting `model.toml` for a network that nobody described."""
