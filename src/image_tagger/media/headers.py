"""What the directories of TIFF, and so of EXIF, claim; checked before Pillow and libtiff act on it."""

import io
import struct
from collections.abc import Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from image_tagger.domain.errors import InvalidMedia, MediaTooLarge

ORDERS = {b"II": "<", b"MM": ">"}
BIG_TIFF = 43
NUMBERS = {3: "H", 4: "I", 16: "Q"}  # TIFF's whole numbers, by their kind
BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
PLAIN = {1, 2, 7}  # kinds that Pillow keeps as bytes; of all others it makes numbers of up to 250 bytes each
TILE_SIZES = 322, 323
PARTS = {273, 324}  # the tags that list strips or tiles
MOST_PARTS = 32_768  # Pillow holds and decodes each by itself: four million of them took nine minutes
MOST_TAGS = 65_535  # as many as there can be in a classic TIFF
MOST_NUMBERS = 500_000  # in one directory; a map of colours is 196,608
TIMES, ROOM = 2, 16 << 20  # of the file's length, and bytes beyond it: pages may share what they say


@dataclass(slots=True)
class _Directory:
    """What stands in a directory: its values' bytes, how many are numbers, and of each tag how many values it has.

    firsts: the first value, where it is a whole number that stands here; 0 where it is none.
    Of a tag that is there twice, the larger: readers differ in which one they believe.
    """

    size: int = 0
    numbers: int = 0
    counts: dict[int, int] = field(default_factory=dict)
    firsts: dict[int, int] = field(default_factory=dict)


def check_tiff(file: IO[bytes], most: int) -> None:
    """Raises MediaTooLarge for tiles of more than `most` pixels, InvalidMedia for a picture in too many parts.

    A tile may be larger than the picture, and memory is taken for all of it. Raises InvalidMedia for tags that say more
    than the file holds, too, and struct.error for a cut header.
    """
    next(check_pages(file, most))


def check_pages(file: IO[bytes], most: int) -> Generator[None]:
    """The same for one page after the other, a step each; it ends behind the last page."""
    room, size = _room(file), 0
    file.seek(0)
    for page in _directories(file):
        size += page.size
        _check_tiles(page, most)
        if any(page.counts.get(tag, 0) > MOST_PARTS for tag in PARTS):
            raise InvalidMedia("the file is cut into too many pieces")
        _check_values(page, size, room)
        yield


def check_directory(file: IO[bytes], order: str, *, big: bool) -> None:
    """Raises InvalidMedia where the directory at this place of the file says more than the file holds."""
    place, room = file.tell(), _room(file)
    file.seek(place)
    with suppress(struct.error):  # cut at once: there is nothing to read
        directory, _ = _directory(file, order, big=big)
        _check_values(directory, directory.size, room)
    file.seek(place)


def _room(file: IO[bytes]) -> int:
    return TIMES * file.seek(0, io.SEEK_END) + ROOM


def _check_values(directory: _Directory, size: int, room: int) -> None:
    """Any number of tags may say that their values are the same bytes, and readers copy them for each."""
    if size > room or directory.numbers > MOST_NUMBERS:
        raise InvalidMedia("the tags of the file say more than it can hold")


def _check_tiles(page: _Directory, most: int) -> None:
    """Where libtiff reads a size that does not stand here as one number, the file is none that anybody writes."""
    sizes = [page.firsts[tag] if page.counts[tag] == 1 else 0 for tag in TILE_SIZES if tag in page.counts]
    if not all(sizes):
        raise InvalidMedia("the file is broken: its tiles have no size")
    if len(sizes) == len(TILE_SIZES) and sizes[0] * sizes[1] > most:
        raise MediaTooLarge(f"the file has tiles with too many pixels; at most {most} are accepted")


def _directories(file: IO[bytes]) -> Generator[_Directory]:
    header = file.read(16)
    order, big = ORDERS[header[:2]], header[2] == BIG_TIFF  # Pillow's own rule
    offset, width = (order + "Q", 8) if big else (order + "I", 4)
    (following,) = struct.unpack_from(offset, header, width)
    seen = {0}
    while following not in seen:
        seen.add(following)
        file.seek(following)
        directory, cut = _directory(file, order, big=big)
        if cut:
            raise struct.error("a directory is cut")
        place = file.tell()  # others read this file between two pages
        yield directory
        file.seek(place)
        (following,) = struct.unpack(offset, file.read(width).ljust(width, b"\0"))


def _directory(file: IO[bytes], order: str, *, big: bool) -> tuple[_Directory, bool]:
    """What is there of the directory at this place, and whether something is missing."""
    count, entry = (order + "Q", order + "HHQ8s") if big else (order + "H", order + "HHI4s")
    (tags,) = struct.unpack(count, file.read(struct.calcsize(count)))
    if tags > MOST_TAGS:
        raise InvalidMedia("the file is cut into too many pieces")
    size = struct.calcsize(entry)
    content = file.read(tags * size)
    whole = len(content) // size
    return _read(struct.iter_unpack(entry, content[: whole * size]), order), whole < tags


def _read(entries: Iterable[tuple[int, int, int, bytes]], order: str) -> _Directory:
    found = _Directory()
    for tag, kind, number, value in entries:
        found.size += number * BYTES.get(kind, 0)  # readers pass over kinds they do not know
        found.numbers += 0 if kind in PLAIN or kind not in BYTES else number
        found.counts[tag] = max(number, found.counts.get(tag, 0))
        stands = kind in NUMBERS and BYTES[kind] <= len(value)
        first = struct.unpack_from(order + NUMBERS[kind], value)[0] if stands else 0
        found.firsts[tag] = max(first, found.firsts.get(tag, 0))
    return found
