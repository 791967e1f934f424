"""Work for a client stops when the client leaves."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

T = TypeVar("T")


async def while_client_waits(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The result of the work. The request's body must have been read.

    A client that leaves cancels the work, and ClientDisconnect is raised.
    """
    working = asyncio.create_task(work)
    watching = asyncio.create_task(_until_client_leaves(request))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        working.cancel()
        watching.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


async def _until_client_leaves(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
