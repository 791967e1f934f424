"""Request bodies: read with a bound on each and a bound on all that are held at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar

from fastapi import Request

from image_tagger.domain.errors import RequestTooLarge
from image_tagger.services import Services

SMALL = 16 * 1024  # bytes; whatever they say, they are read in some 2 ms, and a thread costs up to a tenth of one
P = ParamSpec("P")
T = TypeVar("T")


async def chunks(request: Request, *, most: int) -> AsyncIterator[bytes]:
    """The body as it arrives. Raises RequestTooLarge beyond `most` bytes: at once where the request declares them."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise RequestTooLarge(f"the body is larger than {most} bytes")
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > most:
            raise RequestTooLarge(f"the body is larger than {most} bytes")
        yield chunk


async def aside(size: int, read: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """What is read from so many bytes of a body: in a thread, unless it takes no time."""
    if size <= SMALL:
        return read(*args, **kwargs)
    return await asyncio.to_thread(read, *args, **kwargs)


class Bodies:
    """Reads bodies into memory, as far as those of all doors leave room."""

    def __init__(self, services: Services) -> None:
        self._most = services.settings.max_body_bytes
        self._allowance = services.bodies

    @asynccontextmanager
    async def read(self, request: Request, *, most: int | None = None) -> AsyncIterator[bytearray]:
        """The whole body, of at most so many bytes, or as many as the settings allow.

        It counts until the context ends, also where it is cleared earlier: what was read from it is there instead.
        Raises RequestTooLarge and Overloaded before memory is spent.
        """
        body, held = bytearray(), 0
        try:
            async for chunk in chunks(request, most=self._most if most is None else most):
                self._allowance.take(len(chunk))
                held += len(chunk)
                body += chunk
            yield body
        finally:
            self._allowance.give_back(held)
