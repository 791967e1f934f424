"""Where blocking work runs: a fixed number of threads, so that decoding never stops the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from image_tagger.domain.errors import ShuttingDown

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """Runs functions in threads; work that was cancelled before it began never begins."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="engine")

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a blocking function in a thread and wait for its answer."""
        future = self._pool.submit(function, *args, **kwargs)
        return await asyncio.wrap_future(future)

    def start(self, function: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call a blocking function in a thread; what it answers and raises is dropped. Raises ShuttingDown."""
        try:
            self._pool.submit(function, *args, **kwargs)
        except RuntimeError as error:  # after `close`
            raise ShuttingDown("the server is being stopped") from error

    def close(self) -> None:
        """Let what runs finish, drop what waits, end the threads. Blocks."""
        self._pool.shutdown(cancel_futures=True)
