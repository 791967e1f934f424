"""How much work may be in the house: a bound at the door instead of a queue that grows until memory ends."""

from collections.abc import Iterator
from contextlib import contextmanager

from image_tagger.domain.errors import Overloaded


class Admission:
    """Counts the queries in progress; lives in one event loop."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._inside = 0

    @property
    def inside(self) -> int:
        """Queries in progress now."""
        return self._inside

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place while a query is answered. Raises Overloaded where none is free."""
        if self._inside >= self._limit:
            raise Overloaded("too many requests are waiting; try again in a moment")
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
