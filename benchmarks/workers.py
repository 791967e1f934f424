"""Processes that measure: each with its own interpreter, so that nobody waits for another's lock."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context


@contextmanager
def worker(count: int = 1) -> Iterator[ProcessPoolExecutor]:
    """`count` fresh processes that call what is submitted, and idle in between."""
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        yield pool
