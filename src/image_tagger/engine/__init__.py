"""The one engine behind every door: a query in, a stream of frame results out."""
