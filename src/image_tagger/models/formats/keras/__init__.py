"""Keras files, looked into before Keras opens them: what would run code or read other files is refused."""
