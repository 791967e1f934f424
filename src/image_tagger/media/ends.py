"""Whether a video file goes on as far as it says itself."""

import io
from typing import IO

MOST_BOXES = 1000  # at the top of an MP4; more are not looked at
BOX_HEADER, LONG_BOX_HEADER = 8, 16
LONG, TO_THE_END = 1, 0  # what a box of MP4 says in place of its size
EBML_HEADER = 4  # bytes of the ids of both elements that a Matroska file begins with


def is_cut(file: IO[bytes], form: str) -> bool:
    """Whether the file is shorter than it says; False where it does not say. Leaves the file at its beginning."""
    length = file.seek(0, io.SEEK_END)
    file.seek(0)
    said = _said(file, form, length)
    file.seek(0)
    return said > length


def _said(file: IO[bytes], form: str, length: int) -> int:
    if form in {"mp4", "mov"}:
        return _end_of_boxes(file, length)
    if form in {"mkv", "webm"}:
        return _end_of_segment(file)
    return 8 + int.from_bytes(file.read(8)[4:], "little") if form == "avi" else 0


def _end_of_boxes(file: IO[bytes], length: int) -> int:
    place = 0
    for _ in range(MOST_BOXES):
        file.seek(place)
        header = file.read(LONG_BOX_HEADER)
        size = int.from_bytes(header[:4], "big")
        if len(header) < BOX_HEADER or size == TO_THE_END or place >= length:
            break
        place += max(int.from_bytes(header[8:], "big") if size == LONG else size, BOX_HEADER)
    return place


def _end_of_segment(file: IO[bytes]) -> int:
    file.seek(EBML_HEADER)
    file.seek(_number(file) or 0, io.SEEK_CUR)
    file.seek(EBML_HEADER, io.SEEK_CUR)
    size = _number(file)
    return 0 if size is None else file.tell() + size


def _number(file: IO[bytes]) -> int | None:
    """A number whose leading zero bits tell how many bytes follow; None where all of its bits are set: unknown."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    more = 8 - first[0].bit_length()
    value = int.from_bytes(bytes([first[0] & (0x7F >> more)]) + file.read(more), "big")
    return None if value == (1 << 7 * (more + 1)) - 1 else value
