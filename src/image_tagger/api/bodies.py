"""Request bodies: read with a bound on each and a bound on all that are held at a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request

from image_tagger.domain.errors import Overloaded, RequestTooLarge


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


class Bodies:
    """Counts the bytes of the bodies in memory; lives in one event loop."""

    def __init__(self, *, one: int, all_together: int) -> None:
        self._one = one
        self._free = all_together

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytearray]:
        """The whole body, held until the context ends. Raises RequestTooLarge and Overloaded before memory is spent."""
        body = bytearray()
        try:
            async for chunk in chunks(request, most=self._one):
                if len(chunk) > self._free:
                    raise Overloaded("too many large requests are being read; try again in a moment")
                body += chunk
                self._free -= len(chunk)
            yield body
        finally:
            self._free += len(body)
