"""JPEG as Pillow reads it, without what nobody asks for, and without the files that would keep it busy for hours."""

import re
from collections.abc import Callable

from PIL import JpegImagePlugin
from PIL.JpegImagePlugin import JpegImageFile

from image_tagger.domain.errors import InvalidMedia

MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # not those that stand inside a scan
END, SCAN, METADATA = 0xD9, 0xDA, 0xE1
BARE = frozenset({0x01, 0xD8, END})  # markers that stand for themselves
MOST_SCANS = 100  # common are ten; each can be a few bytes, and is a walk over all pixels
MOST_SEGMENTS = 1000  # where Pillow puts EXIF together, it copies what it has with each of them
MOST_EXIF = 1 << 20  # bytes of several segments


class PlainJpeg(JpegImageFile):
    """A JPEG without Pillow's look into EXIF and multi-picture data, which nobody here asks for."""

    def _read_dpi_from_exif(self) -> None:
        """Not read: it parses all of EXIF, with warnings, for a resolution nobody needs."""


def _metadata(picture: JpegImageFile, marker: int) -> None:
    if len(picture.applist) > MOST_SEGMENTS or len(picture.info.get("exif", b"")) > MOST_EXIF:
        raise InvalidMedia("the file is cut into too many pieces")
    JpegImagePlugin.APP(picture, marker)


def _first_scan(picture: JpegImageFile, marker: int) -> None:
    file = picture.fp
    assert file is not None  # noqa: S101 - while the headers are read
    begin = file.tell()
    JpegImagePlugin.Skip(picture, marker)
    end = file.tell()
    file.seek(begin + 2)
    if "progressive" in picture.info or file.read(1) < bytes([picture.layers]):
        file.seek(end)
        _check_scans(file.read())
    file.seek(end)


def _check_scans(content: bytes) -> None:
    """Raises InvalidMedia where too many scans follow in what is behind the header of the first."""
    scans, place = 1, 0
    while (marker := MARKER.search(content, place)) and (kind := content[marker.start() + 1]) != END:
        scans += kind == SCAN
        if scans > MOST_SCANS:
            raise InvalidMedia("the file is cut into too many pieces")
        place = marker.end()
        if kind not in BARE:
            place += max(int.from_bytes(content[place : place + 2], "big"), 2)


# Pillow's table of what is done at which marker serves every JPEG, also those in files of other formats.
HANDLERS: dict[int, tuple[str, str, Callable[[JpegImageFile, int], None] | None]] = {
    0xFF00 + METADATA: ("APP1", "Application segment 1", _metadata),
    0xFF00 + SCAN: ("SOS", "Start of scan", _first_scan),
}
JpegImagePlugin.MARKER.update(HANDLERS)
