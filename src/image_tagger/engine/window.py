"""Many things at once, answered in order, with a bound on how many are under way."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from itertools import islice
from typing import Any, TypeVar

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
        await _dropped(under_way)


async def as_they_come(items: AsyncIterator[A], work: Callable[[A], Awaitable[B]], *, ahead: int) -> AsyncGenerator[B]:
    """The same for items that come one by one: while the next one is waited for, what is done is yielded.

    Where `items` ends with an error, the answers to the items before it come first.
    """
    under_way: deque[asyncio.Future[B]] = deque()
    coming: asyncio.Future[A] | None = asyncio.ensure_future(_next(items))
    end: BaseException | None = None
    try:
        while under_way or coming is not None:
            waited = [future for future in (coming, *islice(under_way, 1)) if future is not None]
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if coming is not None and coming.done():
                end = coming.exception()
                if end is None:
                    under_way.append(asyncio.ensure_future(work(coming.result())))
                coming = None
            done = under_way.popleft() if under_way and under_way[0].done() else None
            if coming is None and end is None and len(under_way) < ahead:
                coming = asyncio.ensure_future(_next(items))  # on its way while the reader is busy
            if done is not None:
                yield done.result()
        if end is not None and not isinstance(end, StopAsyncIteration):
            raise end
    finally:
        await _dropped([*under_way, *([coming] if coming else [])])


async def _next(items: AsyncIterator[A]) -> A:
    return await anext(items)


async def _dropped(under_way: Iterable[asyncio.Future[Any]]) -> None:
    for future in under_way:
        future.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
