"""The boxes that MP4, MOV, HEIF and AVIF are made of."""

from collections.abc import Generator
from typing import IO

HEADER, LONG_HEADER = 8, 16
LONG, TO_THE_END = 1, 0  # what a box says in place of its size


def boxes(file: IO[bytes], place: int, end: int) -> Generator[tuple[bytes, int, int]]:
    """Of each box between two places of the file its kind, and where its content begins and ends."""
    while place + HEADER <= end:
        file.seek(place)
        header = file.read(LONG_HEADER)
        size, length = int.from_bytes(header[:4], "big"), HEADER
        if size == LONG:
            size, length = int.from_bytes(header[8:], "big"), LONG_HEADER
        elif size == TO_THE_END:
            size = end - place
        if size < length:
            return
        yield header[4:8], place + length, min(place + size, end)
        place += size


def found(file: IO[bytes], path: tuple[bytes, ...], begin: int, end: int) -> Generator[tuple[int, int]]:
    """Where the content begins and ends of each box of this path of kinds, from the outermost to its own."""
    for kind, start, stop in boxes(file, begin, end):
        if kind == path[0]:
            yield from found(file, path[1:], start, stop) if path[1:] else iter([(start, stop)])
