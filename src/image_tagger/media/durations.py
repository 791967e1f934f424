"""How long each frame of an animation stays, read from the file's blocks and chunks without decoding a pixel."""

import struct
from collections.abc import Callable, Generator
from contextlib import closing
from itertools import islice
from typing import IO

AS_FAST_AS_POSSIBLE = 0.010  # seconds; up to this, browsers take it for nonsense
INSTEAD = 0.1  # and show the frame this long
GIF_HEADER, GIF_FLAGS, GIF_BLOCK = 13, 10, 9
EXTENSION, IMAGE, FRAME_CONTROL = b"!", b",", b"\xf9"
PNG_MAGIC, RIFF_HEADER = 8, 12


def seconds_shown(milliseconds: float) -> float:
    """How long a frame stays that asks for so many milliseconds, by the rule that browsers follow."""
    seconds = milliseconds / 1000
    return seconds if seconds > AS_FAST_AS_POSSIBLE else INSTEAD


def frame_durations(file: IO[bytes], form: str, most: int) -> list[float] | None:
    """Seconds of each frame of a GIF, an APNG or an animated WebP, up to a cut; None for other formats.

    form: the name Pillow gives the format. most: longest list that is made.
    """
    if form not in READERS:
        return None
    place = file.tell()  # whoever decodes this file goes on from there
    file.seek(0)
    with closing(READERS[form](file)) as found:
        durations = [seconds_shown(milliseconds) for milliseconds in islice(found, most)]
    file.seek(place)
    return durations


def _gif(file: IO[bytes]) -> Generator[float]:
    header = file.read(GIF_HEADER)
    _skip_palette(file, header[GIF_FLAGS : GIF_FLAGS + 1])
    delay = 0.0
    while (kind := file.read(1)) in {EXTENSION, IMAGE}:
        if kind == EXTENSION:
            control = file.read(1) == FRAME_CONTROL
            content = _block(file)
            if control and len(content) >= 4:
                delay = struct.unpack_from("<H", content, 1)[0] * 10.0
        else:
            _skip_palette(file, file.read(GIF_BLOCK)[-1:])
            content = file.read(1) and _block(file)
            if content:
                yield delay
            delay = 0.0
        while content:
            content = _block(file)


def _block(file: IO[bytes]) -> bytes:
    length = file.read(1)
    return file.read(length[0]) if length else b""


def _skip_palette(file: IO[bytes], flags: bytes) -> None:
    if flags and flags[0] & 0x80:
        file.seek(3 << ((flags[0] & 7) + 1), 1)


def _png(file: IO[bytes]) -> Generator[float]:
    file.seek(PNG_MAGIC)
    while len(header := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", header)
        content = file.read(length) if kind == b"fcTL" and length == 26 else b""
        if content:
            top, bottom = struct.unpack_from(">HH", content.ljust(26, b"\0"), 20)
            yield 1000 * top / (bottom or 100)
        file.seek(length - len(content) + 4, 1)


def _webp(file: IO[bytes]) -> Generator[float]:
    file.seek(RIFF_HEADER)
    while len(header := file.read(8)) == 8:
        kind, length = struct.unpack("<4sI", header)
        content = file.read(16) if kind == b"ANMF" and length >= 16 else b""
        if content:
            yield int.from_bytes(content[12:15], "little")
        file.seek(length + length % 2 - len(content), 1)


READERS: dict[str, Callable[[IO[bytes]], Generator[float]]] = {"GIF": _gif, "PNG": _png, "WEBP": _webp}
