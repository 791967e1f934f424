"""Brings callers together: what waits when a thread comes free goes through one turn of it, and into one run."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.errors import ShuttingDown
from image_tagger.engine.threads import Threads

A = TypeVar("A")
B = TypeVar("B")
Tensor = NDArray[Any]
SIZES = (1, 2, 4, 8)  # tried when a model is loaded
REPEATS = 3  # of each size; the best counts, since disturbances only ever slow down
CLOSED = "the server is being stopped"
WORTH = 0.9  # what a larger batch may take at most, next to a smaller one, per picture
TURN_SECONDS = 0.03  # others wait behind a turn, and the first of its pictures for the last
INSTANT = 1e-6  # seconds; what clocks that tick slowly call none at all


@dataclass(slots=True, eq=False)
class _Waiting(Generic[A, B]):
    item: A
    answer: asyncio.Future[B]


class Batcher(Generic[A, B]):
    """Groups the items of one event loop into turns of at most `size`, at most `parallel` turns at a time.

    `work` blocks, runs in threads, and gives one answer or one exception per item, in order. Where the last turns let
    expect that more items take at most `seconds`, so many are taken. The waiting are shared out among the turns, so two
    items and two threads are two turns. Between its turns a thread takes up other work.
    """

    def __init__(
        self,
        work: Callable[[Sequence[A]], Sequence[B | Exception]],
        threads: Threads,
        *,
        size: int,
        parallel: int,
        seconds: float = 0.0,
    ) -> None:
        self._work = work
        self._threads = threads
        self._size = size
        self._parallel = parallel
        self._seconds = seconds
        self._pace = inf  # seconds an item took of late; threads race for it, and any of their values will do
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting[A, B]] = deque()
        self._turns = 0
        self._closed = False

    async def answer(self, item: A) -> B:
        """The answer to one item. Raises what `work` gave for it, and ShuttingDown after `close`.

        A caller that leaves before its item was taken takes it along.
        """
        if self._closed:
            raise ShuttingDown(CLOSED)
        loop = asyncio.get_running_loop()
        mine: _Waiting[A, B] = _Waiting(item, loop.create_future())
        with self._lock:
            self._waiting.append(mine)
            more = self._turns < self._parallel
            self._turns += more
        if more:
            self._threads.start(self._turn, loop)
        return await mine.answer

    async def together(self, items: Sequence[A]) -> Sequence[B | Exception]:
        """The answers to items of one caller, in one turn of a thread. Raises ShuttingDown after `close`."""
        if self._closed:
            raise ShuttingDown(CLOSED)
        return await self._threads.run(self._answers, [*items])

    def close(self) -> None:
        """Those who wait fail with ShuttingDown; turns under way are finished. Call it while the threads still run."""
        self._closed = True
        with self._lock:
            left = [*self._waiting]
            self._waiting.clear()
        _deliver(left, [ShuttingDown(CLOSED)] * len(left))

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        taken = self._take()
        if not taken:
            return
        began = time.perf_counter()
        answers = self._answers([waiting.item for waiting in taken])
        took = (time.perf_counter() - began) / len(taken)
        self._pace = took if self._pace == inf else (self._pace + took) / 2
        more = self._goes_on()
        loop.call_soon_threadsafe(_deliver, taken, answers)
        if more:
            with suppress(ShuttingDown):  # then nobody waits any more
                self._threads.start(self._turn, loop)  # behind the work of others that waits for a thread

    def _take(self) -> list[_Waiting[A, B]]:
        """A fair share of those who still wait for an answer; without any, the turn ends."""
        taken: list[_Waiting[A, B]] = []
        with self._lock:
            size = max(self._size, int(self._seconds / max(self._pace, INSTANT)))
            most = min(size, -(-len(self._waiting) // self._parallel))
            while self._waiting and len(taken) < most:
                waiting = self._waiting.popleft()
                if not waiting.answer.done():  # left meanwhile
                    taken.append(waiting)
            self._turns -= not taken
        return taken

    def _goes_on(self) -> bool:
        """Whether anybody waits for a next turn; else this one ends, and lets the event loop run at once."""
        with self._lock:
            more = bool(self._waiting)
            self._turns -= not more
        return more

    def _answers(self, items: list[A]) -> Sequence[B | Exception]:
        try:
            answers = self._work(items)
            if len(answers) == len(items):
                return answers
            failure: Exception = RuntimeError(f"{len(answers)} answers to {len(items)} items")
        except Exception as error:  # noqa: BLE001 - raised in a thread nobody waits for, callers would hang
            failure = error
        return [failure] * len(items)


def _deliver(taken: Sequence[_Waiting[A, B]], answers: Sequence[B | Exception]) -> None:
    for waiting, answer in zip(taken, answers, strict=True):
        if waiting.answer.done():
            continue  # the caller has left
        if isinstance(answer, Exception):
            waiting.answer.set_exception(_raisable(answer))
        else:
            waiting.answer.set_result(answer)


def _raisable(error: Exception) -> Exception:
    """The same, or what stands for it: futures refuse what ends a generator, and callers would hang."""
    if not isinstance(error, StopIteration):
        return error
    instead = RuntimeError("an answer was StopIteration")
    instead.__cause__ = error
    return instead


def best_size(run: Callable[[Tensor], object], tensor: Tensor, worth: float = WORTH) -> int:
    """The batch size with the least time per picture, measured here and now.

    A larger one must take less than `worth` of a smaller one's, since it makes callers wait for each other.
    """
    best, least = SIZES[0], float("inf")
    for size in SIZES:
        batch = np.repeat(tensor[np.newaxis], size, axis=0)
        seconds = min(_seconds(run, batch) for _ in range(REPEATS)) / size
        if seconds < least * worth:
            best, least = size, seconds
    return best


def _seconds(run: Callable[[Tensor], object], batch: Tensor) -> float:
    started = time.perf_counter()
    run(batch)
    return time.perf_counter() - started
