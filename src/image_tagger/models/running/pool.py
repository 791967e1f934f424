"""Things of which each serves one thread at a time: made when they are needed, lent, and kept for the next one."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Pool(Generic[T]):
    """At most so many things as there are cores: more would only wait for each other, and each costs memory."""

    def __init__(self, make: Callable[[], T], first: T, most: int | None = None) -> None:
        """`first` is one that exists already."""
        self._make = make
        self._idle = [first]
        self._places = threading.BoundedSemaphore(most or usable_cores())

    @contextmanager
    def lent(self) -> Iterator[T]:
        """One of them, for this thread alone. One that an error leaves behind in the middle of work is given up."""
        with self._places:
            try:
                thing = self._idle.pop()
            except IndexError:
                thing = self._make()
            yield thing
            self._idle.append(thing)
