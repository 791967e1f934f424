"""What headers claim behind Pillow's back, checked before Pillow or its libraries act on it."""

import struct
from typing import IO

from image_tagger.domain.errors import InvalidMedia, MediaTooLarge

CODESTREAM = b"\xff\x4f\xff\x51"  # JPEG 2000: start of codestream, then its size
# TIFF by its first four bytes: byte order, where the directory's offset stands, and formats of offset, count, entry.
TIFFS = {
    b"II*\0": ("<", 4, "I", "H", "HHI4s"),
    b"MM\0*": (">", 4, "I", "H", "HHI4s"),
    b"II+\0": ("<", 8, "Q", "Q", "HHQ8s"),
    b"MM\0+": (">", 8, "Q", "Q", "HHQ8s"),
}
NUMBERS = {3: "H", 4: "I", 16: "Q"}  # TIFF's whole numbers
TILE_WIDTH, TILE_HEIGHT = 322, 323
PARTS = {273, 324}  # tags that list strips or tiles
MOST_PARTS = 32_768  # Pillow holds and decodes each one by itself


def check_codestreams(content: bytes, most: int) -> None:
    """Raises MediaTooLarge where any JPEG 2000 codestream has more than `most` pixels.

    The container around it may claim less, and the decoder takes memory for the codestream. Wherever one could begin
    is looked at, so that this and the decoder cannot disagree on where it does.
    """
    start = content.find(CODESTREAM)
    while start >= 0:
        claim = content[start + 8 : start + 24]
        if len(claim) == 16:
            right, bottom, left, top = struct.unpack(">IIII", claim)
            if (right - left) * (bottom - top) > most:
                raise MediaTooLarge(f"the file holds a picture with too many pixels; at most {most} are accepted")
        start = content.find(CODESTREAM, start + 1)


def check_tiff(file: IO[bytes], most: int) -> None:
    """Raises MediaTooLarge for tiles of more than `most` pixels, InvalidMedia for a picture in too many parts.

    A tile may be larger than the picture, and memory is taken for all of it.
    """
    numbers = dict(_tiff_numbers(file))
    if numbers.get(TILE_WIDTH, (1, 1))[1] * numbers.get(TILE_HEIGHT, (1, 1))[1] > most:
        raise MediaTooLarge(f"the file has tiles with too many pixels; at most {most} are accepted")
    if any(numbers[tag][0] > MOST_PARTS for tag in PARTS & numbers.keys()):
        raise InvalidMedia("the file is cut into too many pieces")


def _tiff_numbers(file: IO[bytes]) -> list[tuple[int, tuple[int, int]]]:
    """Tag, and how many numbers it has and the first, of the first directory's whole-number tags."""
    file.seek(0)
    order, start, offset, count, entry = TIFFS[file.read(4)]
    file.seek(start)
    file.seek(_unpack(file, order + offset)[0])
    (entries,) = _unpack(file, order + count)
    tags = [_unpack(file, order + entry) for _ in range(entries)]
    return [
        (tag, (length, struct.unpack_from(order + NUMBERS[kind], value)[0]))
        for tag, kind, length, value in tags
        if kind in NUMBERS and not (kind == 16 and len(value) < 8)
    ]


def _unpack(file: IO[bytes], form: str) -> tuple[int, ...]:
    return struct.unpack(form, file.read(struct.calcsize(form)))
