"""Where a picture comes from: a URL, bytes, or a text that holds the bytes; bytes are kept by their hash."""

import asyncio
import base64
import binascii
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.inference import Stored
from image_tagger.domain.queries import Upload, Url

WEB = ("http://", "https://")
LONGEST_URL = 8192
PREFIX = re.compile(rb"data:[a-z]+/[^;,]{1,64};(base64|binary),")
Keep = Callable[[bytes | Path], Awaitable[str]]


class Sources:
    """Turns the texts and uploads of requests into what a job can name. `keep` stores bytes and gives their hash."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep

    async def media(self, source: str | Upload, place: str) -> Url | Stored:
        """What the source means; `place` names it in errors. Raises InvalidRequest."""
        if isinstance(source, str):
            return await self._text(source, place)
        content = source.content
        head = content[:LONGEST_URL] if isinstance(content, bytes) else await asyncio.to_thread(_head, content)
        if not head:
            raise InvalidRequest(f"{place}: it is empty")
        if head.startswith(tuple(prefix.encode() for prefix in WEB)) and isinstance(content, bytes):
            return _url(content, place)
        if PREFIX.match(head):
            content = content if isinstance(content, bytes) else await asyncio.to_thread(content.read_bytes)
            return await self._prefixed(content, place)
        return await self._stored(content)

    async def _text(self, source: str, place: str) -> Url | Stored:
        if source.startswith(WEB):
            return _url(source.encode(), place)
        if source.startswith("data:"):
            return await self._prefixed(source.encode(), place)
        raise InvalidRequest(f"{place}: a text must be a URL with http or https, or begin with data:image/")

    async def _prefixed(self, content: bytes, place: str) -> Stored:
        found = PREFIX.match(content)
        if found is None:
            raise InvalidRequest(f"{place}: its prefix must be data:image/*;base64, or data:image/*;binary,")
        content = content[found.end() :]
        if found[1] == b"base64":
            try:
                content = base64.b64decode(content, validate=False)
            except binascii.Error as error:
                raise InvalidRequest(f"{place}: it is not valid base64") from error
        if not content:
            raise InvalidRequest(f"{place}: it is empty")
        return await self._stored(content)

    async def _stored(self, content: bytes | Path) -> Stored:
        return Stored(await self._keep(content))


def _url(content: bytes, place: str) -> Url:
    if len(content) > LONGEST_URL:
        raise InvalidRequest(f"{place}: the URL is longer than {LONGEST_URL} characters")
    try:
        return Url(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{place}: the URL is no text") from error


def _head(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(LONGEST_URL)
