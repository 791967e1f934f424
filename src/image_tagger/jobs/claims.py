"""Claims of items, and who may have an item of its own process before anybody else sees it."""

from dataclasses import dataclass
from typing import Protocol

from image_tagger.domain.jobs import Item


@dataclass(frozen=True, slots=True)
class Claim:
    """What a worker asks for: items of a queue, held under a token for so many seconds.

    A token begins with the worker's name and a dot, and no two claims have the same.
    """

    queue: str
    token: str
    count: int
    seconds: float


class Taker(Protocol):
    """The worker of this process."""

    def offer(self, queue: str) -> Claim | None:
        """A claim of one item that is being added to this queue, where a place is free; `take` follows in any case."""

    def take(self, item: Item | None) -> None:
        """Do the item, which is claimed already; None where it could not be added."""
