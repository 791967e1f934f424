"""Bytes that may be held in memory at a time, counted before they are held."""

from image_tagger.domain.errors import Overloaded


class Allowance:
    """Counts the bytes that whoever shares it holds; lives in one event loop."""

    def __init__(self, most: int) -> None:
        self.free = most

    def take(self, count: int) -> None:
        """Count more bytes. Raises Overloaded where there is no room for them."""
        if count > self.free:
            raise Overloaded("too many large requests are being read; try again in a moment")
        self.free -= count

    def give_back(self, count: int) -> None:
        """Count bytes no more."""
        self.free += count
