"""Which way up a camera held the picture, from its EXIF block."""

import struct
from typing import IO

import PIL.Image
from PIL.Image import Transpose

ORIENTATION = 0x0112
SHORT = 3  # EXIF's 16-bit number
ORDERS = {b"II": "<", b"MM": ">"}
TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
PNG_MAGIC, NEXT_FRAME = 8, b"fcTL"
SIDEWAYS = frozenset({5, 6, 7, 8})  # width and height change places


def upright(picture: PIL.Image.Image, orientation: int) -> PIL.Image.Image:
    """The picture as the camera saw it; the same object where nothing has to turn."""
    turn = TURNS.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def late_exif(file: IO[bytes]) -> bytes:
    """The EXIF block behind the pixels of a PNG, which Pillow finds when it has decoded them; empty without one."""
    place, exif, late = file.tell(), b"", False
    file.seek(PNG_MAGIC)
    while len(header := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", header)
        if kind == b"IEND" or (late and kind == NEXT_FRAME):
            break
        late |= kind == b"IDAT"
        content = file.read(length) if late and kind == b"eXIf" else b""
        exif = content or exif
        file.seek(length - len(content) + 4, 1)
    file.seek(place)
    return exif


def exif_orientation(exif: bytes) -> int:
    """EXIF's orientation, 1 (upright) to 8; 1 where the block is damaged or does not tell.

    `exif` may be empty. Read here, because Pillow's reader parses every tag and warns of each damaged one.
    """
    block = exif.removeprefix(b"Exif\0\0")
    order = ORDERS.get(block[:2])
    if order is None:
        return 1
    try:
        value = _first_orientation(block, order)
    except struct.error:  # the block ends before its directory does
        return 1
    return value if 1 <= value <= 8 else 1


def _first_orientation(block: bytes, order: str) -> int:
    (directory,) = struct.unpack_from(f"{order}I", block, 4)
    (entries,) = struct.unpack_from(f"{order}H", block, directory)
    for entry in range(entries):
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", block, directory + 2 + 12 * entry)
        if tag == ORIENTATION:
            return int(value) if kind == SHORT else 1
    return 1
