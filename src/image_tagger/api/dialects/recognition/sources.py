"""Where a picture comes from: a URL, bytes, or a text that holds the bytes; bytes are kept by their hash."""

import asyncio
import binascii
import io
import re
import string
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from image_tagger.api.bodies import aside
from image_tagger.domain.errors import InvalidRequest, RequestTooLarge
from image_tagger.domain.inference import Stored
from image_tagger.domain.queries import Upload, Url
from image_tagger.media.containers import video_container
from image_tagger.media.reading import open_content

WEB = ("http://", "https://")
LONGEST_WEB = max(map(len, WEB))
LONGEST_URL = 8192
HEAD = LONGEST_URL + 1  # bytes that tell what an upload is, and whether it is too long for a URL
PREFIX = re.compile(rb"data:[a-z]+/[^;,]{1,64};(base64|binary),")
PIECE = 1024 * 1024  # bytes of base64 that are decoded at a time: no other thread runs meanwhile
ALPHABET = f"{string.ascii_letters}{string.digits}+/".encode()
OTHERS = bytes(set(range(256)) - set(ALPHABET))
Keep = Callable[[bytes | Path], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Largest:
    """How many bytes what is sent may have."""

    picture: int
    video: int


class Sources:
    """Turns the texts and uploads of requests into what a job can name. `keep` stores bytes and gives their hash."""

    def __init__(self, keep: Keep, largest: Largest) -> None:
        self._keep = keep
        self._largest = largest

    async def media(self, source: str | Upload, place: str) -> Url | Stored:
        """What the source means; `place` names it in errors. Raises InvalidRequest, RequestTooLarge."""
        if isinstance(source, str):
            return await self._text(source, place)
        content = source.content
        head = content[:HEAD] if isinstance(content, bytes) else await asyncio.to_thread(_head, content)
        if not head:
            raise InvalidRequest(f"{place}: it is empty")
        if head[:LONGEST_WEB].lower().startswith(tuple(prefix.encode() for prefix in WEB)):
            return _url(head, place)
        if PREFIX.match(head):
            content = content if isinstance(content, bytes) else await asyncio.to_thread(content.read_bytes)
            return await self._stored(await aside(len(content), _unwrapped, content, place), place)
        return await self._stored(content, place)

    async def _text(self, source: str, place: str) -> Url | Stored:
        if source[:LONGEST_WEB].lower().startswith(WEB):
            return _url(source[:HEAD].encode(), place)
        if source.startswith("data:"):
            return await self._stored(await aside(len(source), _unwrapped, source, place), place)
        raise InvalidRequest(f"{place}: a text must be a URL with http or https, or begin with data:image/")

    async def _stored(self, content: bytes | Path, place: str) -> Stored:
        if isinstance(content, bytes):
            _check_size(content, self._largest, place)
        else:
            await asyncio.to_thread(_check_size, content, self._largest, place)
        return Stored(await self._keep(content))


def _unwrapped(content: bytes | str, place: str) -> bytes:
    """What stands behind the prefix that says how it is written."""
    content = content.encode() if isinstance(content, str) else content
    found = PREFIX.match(content)
    if found is None:
        raise InvalidRequest(f"{place}: its prefix must be data:image/*;base64, or data:image/*;binary,")
    try:
        content = _decoded(content, found.end()) if found[1] == b"base64" else content[found.end() :]
    except binascii.Error as error:
        raise InvalidRequest(f"{place}: it is not valid base64") from error
    if not content:
        raise InvalidRequest(f"{place}: it is empty")
    return content


def _decoded(text: bytes, at: int) -> bytes:
    """What the base64 from here on holds; characters outside of its alphabet do not count."""
    padding = text.find(b"=", at)
    end = len(text) if padding < 0 else padding  # behind it only the decoder knows what counts
    content, rest = bytearray(), b""
    while end - at > PIECE:
        rest += text[at : at + PIECE].translate(None, OTHERS)
        at += PIECE
        whole = len(rest) // 4 * 4
        content += binascii.a2b_base64(rest[:whole])
        rest = rest[whole:]
    content += binascii.a2b_base64(rest + text[at:])
    return bytes(content)


def _check_size(content: bytes | Path, largest: Largest, place: str) -> None:
    """Refuse what decoding would refuse, but before it is kept. Raises RequestTooLarge. Files block."""
    with open_content(content) as file:
        most = largest.video if video_container(file) else largest.picture
        size = file.seek(0, io.SEEK_END)
    if size > most:
        raise RequestTooLarge(f"{place}: the file has {size} bytes; at most {most} are accepted")


def _url(content: bytes, place: str) -> Url:
    if len(content) > LONGEST_URL:
        raise InvalidRequest(f"{place}: the URL is longer than {LONGEST_URL} characters")
    try:
        return Url(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{place}: the URL is no text") from error


def _head(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(HEAD)
