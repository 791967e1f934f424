"""How long each frame of an animation stays, read from the file's blocks and chunks without decoding a pixel."""

import io
import struct
from collections.abc import Callable, Generator
from contextlib import closing
from itertools import islice, repeat
from typing import IO

from image_tagger.domain.errors import InvalidMedia
from image_tagger.media.boxes import found

AS_FAST_AS_POSSIBLE = 0.010  # seconds; up to this, browsers take it for nonsense
INSTEAD = 0.1  # and show the frame this long
GIF_HEADER, GIF_FLAGS, GIF_BLOCK = 13, 10, 9
EXTENSION, IMAGE, TRAILER, FRAME_CONTROL, COMMENT = 0x21, 0x2C, 0x3B, 0xF9, 0xFE
MOST_COMMENTS = 1 << 20  # bytes
MOST_PARTS = 500_000  # of a GIF; as many reads are all that anybody else gets
PNG_MAGIC, RIFF_HEADER = 8, 12
AVIF_BOXES = (b"hdlr",), (b"mdhd",), (b"minf", b"stbl", b"stts")
PICTURES = b"pict"  # what the track of an AVIF holds; that of its transparency has another name


def seconds_shown(milliseconds: float) -> float:
    """How long a frame stays that asks for so many milliseconds, by the rule that browsers follow."""
    seconds = milliseconds / 1000
    return seconds if seconds > AS_FAST_AS_POSSIBLE else INSTEAD


def frame_durations(file: IO[bytes], form: str, most: int) -> list[float] | None:
    """Seconds of each frame of a GIF, an APNG, an animated WebP or AVIF, up to a cut; None for other formats.

    form: the name Pillow gives the format. most: longest list that is made.
    """
    if form not in READERS:
        return None
    place = file.tell()  # whoever decodes this file goes on from there
    file.seek(0)
    with closing(READERS[form](file)) as times:
        durations = [seconds_shown(milliseconds) for milliseconds in islice(times, most)]
    file.seek(place)
    return durations


def check_comments(file: IO[bytes]) -> None:
    """Raises InvalidMedia for a GIF with very long comments; leaves the file at its beginning.

    Pillow puts a comment together from blocks of 255 bytes and copies all it has with each of them.
    """
    length = file.seek(0, io.SEEK_END)
    file.seek(0)
    if length <= MOST_COMMENTS:
        return
    comments = (end - begin for kind, begin, end in _gif_parts(file.read()) if kind == COMMENT)
    if sum(comments) > MOST_COMMENTS:
        raise InvalidMedia("the file has comments that are too long")
    file.seek(0)


def _gif(file: IO[bytes]) -> Generator[float]:
    content, delay = file.read(), 0.0
    for kind, begin, end in _gif_parts(content):
        if kind == FRAME_CONTROL and end - begin > 4 and content[begin] >= 4:
            delay = struct.unpack_from("<H", content, begin + 2)[0] * 10.0
        elif kind == IMAGE:
            if end > begin + 1:
                yield delay
            delay = 0.0


def _gif_parts(content: bytes) -> Generator[tuple[int, int, int]]:
    """IMAGE or what kind of extension, and where its blocks begin and end, up to a cut; what is none is passed over."""
    place, end = GIF_HEADER + _palette(content[GIF_FLAGS]), len(content)
    for _ in range(MOST_PARTS):
        if place >= end or (kind := content[place]) == TRAILER:
            return
        place += 1
        if kind == IMAGE:
            place += GIF_BLOCK
            begin = place + _palette(content[place - 1]) + 1 if place < end else end
        elif kind == EXTENSION and place < end:
            kind, begin = content[place], place + 1
        else:
            continue
        place = begin
        while place < end and (length := content[place]):
            place += length + 1
        yield kind, begin, min(place, end)
        place += 1


def _palette(flags: int) -> int:
    """How many bytes of colours follow."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


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


def _avif(file: IO[bytes]) -> Generator[float]:
    end = file.seek(0, io.SEEK_END)
    for media in found(file, (b"moov", b"trak", b"mdia"), 0, end):
        kind, clock, times = (next(found(file, path, *media), None) for path in AVIF_BOXES)
        if kind and clock and times and _start(file, kind)[8:12] == PICTURES:
            yield from _of_table(file, times, _unit(_start(file, clock)))
            return


def _of_table(file: IO[bytes], place: tuple[int, int], unit: int) -> Generator[float]:
    file.seek(place[0] + 8)
    for count, ticks in struct.iter_unpack(">II", file.read((place[1] - place[0] - 8) // 8 * 8)):
        yield from repeat(round(1000 * ticks / unit), count)  # Pillow rounds the times of frames


def _start(file: IO[bytes], place: tuple[int, int]) -> bytes:
    file.seek(place[0])
    return file.read(32)


def _unit(header: bytes) -> int:
    """How many ticks a second has."""
    place = 20 if header[0] == 1 else 12
    return int.from_bytes(header[place : place + 4], "big") or 1


READERS: dict[str, Callable[[IO[bytes]], Generator[float]]] = {"GIF": _gif, "PNG": _png, "WEBP": _webp, "AVIF": _avif}
