"""Where blocking work runs: a fixed number of threads, so that decoding never stops the event loop."""

import asyncio
import os
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import ParamSpec, TypeVar

from image_tagger.domain.errors import ShuttingDown

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """Runs functions in threads; work that was cancelled before it began never begins."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="engine", initializer=self.as_before)
        self._gave_way = False

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a blocking function in a thread and wait for its answer. Raises ShuttingDown after `close`."""
        return await asyncio.wrap_future(self._submitted(function, *args, **kwargs))

    def start(self, function: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call a blocking function in a thread; what it answers and raises is dropped. Raises ShuttingDown."""
        self._submitted(function, *args, **kwargs)

    def _submitted(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        try:
            return self._pool.submit(function, *args, **kwargs)
        except RuntimeError as error:  # after `close`
            raise ShuttingDown("the server is being stopped") from error

    def give_way(self) -> None:
        """The calling thread, an event loop's, does not interrupt these threads any more. Only Linux can.

        Interrupted at every event, they would find the caches full of the loop's data, and it would find theirs.
        """
        if sys.platform == "linux":
            with suppress(OSError):  # a container may forbid it
                if os.sched_getscheduler(0) in {os.SCHED_OTHER, os.SCHED_BATCH}:  # not what an operator has chosen
                    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))  # of this thread only: sched(7)
                    self._gave_way = True

    def as_before(self) -> None:
        """Undo `give_way` in the calling thread: in the same, or in one that has it from there."""
        if sys.platform == "linux" and self._gave_way:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))

    def close(self) -> None:
        """Let what runs finish, drop what waits, end the threads. Blocks."""
        self._pool.shutdown(cancel_futures=True)
