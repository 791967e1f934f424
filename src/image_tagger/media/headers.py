"""What a TIFF's header claims, checked before Pillow and libtiff act on it."""

import struct
from collections.abc import Generator
from typing import IO

from image_tagger.domain.errors import InvalidMedia, MediaTooLarge

ORDERS = {b"II": "<", b"MM": ">"}
BIG_TIFF = 43
NUMBERS = {3: "H", 4: "I", 16: "Q"}  # TIFF's whole numbers, by their kind
TILE_WIDTH, TILE_HEIGHT = 322, 323
PARTS = {273, 324}  # the tags that list strips or tiles
MOST_PARTS = 32_768  # Pillow holds and decodes each by itself: four million of them took nine minutes


def check_tiff(file: IO[bytes], most: int) -> None:
    """Raises MediaTooLarge for tiles of more than `most` pixels, InvalidMedia for a picture in too many parts.

    A tile may be larger than the picture, and memory is taken for all of it. Raises struct.error for a cut header.
    """
    next(check_pages(file, most))


def check_pages(file: IO[bytes], most: int) -> Generator[None]:
    """The same for one page after the other, a step each; it ends behind the last page."""
    for counts, firsts in _directories(file):
        if firsts.get(TILE_WIDTH, 1) * firsts.get(TILE_HEIGHT, 1) > most:
            raise MediaTooLarge(f"the file has tiles with too many pixels; at most {most} are accepted")
        if any(counts.get(tag, 0) > MOST_PARTS for tag in PARTS):
            raise InvalidMedia("the file is cut into too many pieces")
        yield


def _directories(file: IO[bytes]) -> Generator[tuple[dict[int, int], dict[int, int]]]:
    """Of each page and tag, how many values it has, and the first of them where they are whole numbers that stand here.

    Of a tag that is there twice, the larger: readers differ in which one they believe.
    """
    header = file.read(16)
    order, big = ORDERS[header[:2]], header[2] == BIG_TIFF  # Pillow's own rule
    offset, count, entry, width = ("Q", "Q", "HHQ", 8) if big else ("I", "H", "HHI", 4)
    (following,) = struct.unpack_from(order + offset, header, width)
    seen = {0}
    while following not in seen:
        seen.add(following)
        file.seek(following)
        (entries,) = _unpacked(file, order + count)
        counts: dict[int, int] = {}
        firsts: dict[int, int] = {}
        for _ in range(entries):
            tag, kind, number = _unpacked(file, order + entry)
            value = file.read(width).ljust(8, b"\0")
            counts[tag] = max(number, counts.get(tag, 0))
            if kind in NUMBERS:
                firsts[tag] = max(struct.unpack_from(order + NUMBERS[kind], value)[0], firsts.get(tag, 0))
        place = file.tell()  # others read this file between two pages
        yield counts, firsts
        file.seek(place)
        (following,) = struct.unpack(order + offset, file.read(width).ljust(width, b"\0"))


def _unpacked(file: IO[bytes], form: str) -> tuple[int, ...]:
    return struct.unpack(form, file.read(struct.calcsize(form)))
