"""Manifests: lists of pictures, a JSON value per line, as cloud services take them for bulk work."""

import json
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

from image_tagger.domain.errors import InvalidRequest

NAMES = ("source-ref", "url", "file")  # the first is that of cloud services
LONGEST = 64 * 1024  # bytes of a line
LONGEST_SOURCE = 8192  # characters


async def lines(pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The lines of a file that comes in pieces, without their ends. Raises InvalidRequest for one that never ends."""
    rest = b""
    async for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line
        if len(rest) > LONGEST:
            raise InvalidRequest(f"a line of the manifest is longer than {LONGEST} bytes")
    if rest:
        yield rest


def source_of_line(line: bytes, number: int) -> str:
    """The picture that a line names; "" for an empty line. `number` counts from 1. Raises InvalidRequest."""
    line = line.strip().removeprefix(b"\xef\xbb\xbf")
    if not line:
        return ""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"line {number} of the manifest is no JSON") from error
    return source_of(value, f"line {number} of the manifest")


def source_of(value: Any, where: str) -> str:
    """The picture that an entry names: a text, or an object with one of `NAMES`. Raises InvalidRequest."""
    if isinstance(value, dict):
        value = next((value[name] for name in NAMES if name in value), None)
    if not isinstance(value, str) or not value or len(value) > LONGEST_SOURCE or not _can_be_named(value):
        raise InvalidRequest(f"{where} names no picture: it needs one of {', '.join(NAMES)}")
    return value


def _can_be_named(source: str) -> bool:
    """Whether a file or URL can have this name; JSON can also say halves of characters."""
    try:
        source.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return "\0" not in source
