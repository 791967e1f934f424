"""Many things at once, answered in order, with a bound on how many are under way."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
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
    under_way: asyncio.Queue[asyncio.Future[B] | None] = asyncio.Queue()  # None: no more will come
    places = asyncio.Semaphore(ahead)

    async def take() -> None:
        try:
            await places.acquire()
            async for item in items:
                under_way.put_nowait(asyncio.ensure_future(work(item)))
                await places.acquire()
        finally:
            under_way.put_nowait(None)

    taking = asyncio.ensure_future(take())
    first: asyncio.Future[B] | None = None
    try:
        while (first := await under_way.get()) is not None:
            answer = await first
            places.release()
            yield answer
        await taking
    finally:
        rest = [under_way.get_nowait() for _ in range(under_way.qsize())]
        await _dropped([taking, *(future for future in (first, *rest) if future is not None)])


async def _dropped(under_way: Iterable[asyncio.Future[Any]]) -> None:
    for future in under_way:
        future.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
