"""Many things at once, answered in order, with a bound on how many are under way."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


async def in_order(items: Iterable[A], work: Callable[[A], Awaitable[B]], *, ahead: int) -> AsyncGenerator[B]:
    """Yield `await work(item)` for every item, in order, with up to `ahead` under way; leaving early cancels the rest.

    Items are taken only as places become free, so `items` may be endless.
    """
    under_way: deque[asyncio.Future[B]] = deque()
    try:
        for item in items:
            under_way.append(asyncio.ensure_future(work(item)))
            if len(under_way) >= ahead:
                yield await under_way.popleft()
        while under_way:
            yield await under_way.popleft()
    finally:
        for future in under_way:
            future.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
