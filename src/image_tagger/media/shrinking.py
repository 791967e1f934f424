"""From a decoded frame of a video to an upright RGB image, shrunk where FFmpeg holds it."""

import struct

import numpy as np
import PIL.Image
from av.sidedata.sidedata import SideData
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from image_tagger.domain.geometry import Size
from image_tagger.media.image import Image
from image_tagger.media.orientation import SIDEWAYS, upright

FILTER = "AREA"  # docs/formats.md states how far predictions move; the default, BILINEAR, moves them further
# Which way up, as EXIF counts, by the signs of the matrix: rows and columns kept, or exchanged.
MATRIX_BYTES = 36
KEPT = {(1, 1): 1, (-1, 1): 2, (-1, -1): 3, (1, -1): 4}
EXCHANGED = {(1, 1): 5, (1, -1): 6, (-1, -1): 7, (-1, 1): 8}


class Shrinker:
    """Makes images whose short side has at least `least` pixels, never more than there are; all where it is None.

    Scaling comes first and stays in the colours of the video: RGB of full size would cost twice the time.
    """

    def __init__(self, least: float | None) -> None:
        self._least = least
        self._scaling, self._colouring = VideoReformatter(), VideoReformatter()
        self._orientations: dict[int, int] = {}

    def image(self, frame: VideoFrame) -> Image:
        """The image of a frame. Raises whatever FFmpeg does."""
        size, orientation = shrunk(Size(frame.width, frame.height), self._least), self._orientation(frame)
        small = frame
        if size.pixels < frame.width * frame.height and _scales(frame.format):
            small = self._scaling.reformat(frame, size.width, size.height, interpolation=FILTER, threads=1)
        coloured = self._colouring.reformat(
            small, size.width, size.height, format="rgb24", interpolation=FILTER, threads=1
        )
        rgb = np.asarray(coloured.to_ndarray(), np.uint8)
        original = Size(frame.height, frame.width) if orientation in SIDEWAYS else Size(frame.width, frame.height)
        if orientation != 1:
            rgb = np.asarray(upright(PIL.Image.fromarray(rgb), orientation))
        rgb.flags.writeable = False
        return Image(rgb, original)

    def _orientation(self, frame: VideoFrame) -> int:
        """Looked up once for each rotation: PyAV ties a frame whose side data was asked for into a circle.

        Such frames, of megabytes each, stay until Python's collector comes by.
        """
        if frame.rotation not in self._orientations:
            self._orientations[frame.rotation] = frame_orientation(frame)
        return self._orientations[frame.rotation]


def shrunk(size: Size, least: float | None) -> Size:
    """The size of this shape whose short side is `least`; the same where that is larger, or None."""
    if least is None or size.short_side <= least:
        return size
    short = max(1, round(least))
    long = max(short, round(max(size.width, size.height) * (least / size.short_side)))
    return Size(short, long) if size.width <= size.height else Size(long, short)


def frame_orientation(frame: VideoFrame) -> int:
    """Which way up a frame is, in EXIF's numbers; other angles than right ones count as the nearest of these."""
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(matrix, SideData) or matrix.buffer_size < MATRIX_BYTES:
        return 1
    a, b, _, c, d = struct.unpack_from("=5i", bytes(matrix))
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return KEPT[_sign(a), _sign(d)]
    return EXCHANGED[_sign(b), _sign(c)]


def _scales(form: VideoFormat) -> bool:
    """Whether FFmpeg scales to this very format, which it does not to palettes and bit streams."""
    return not (form.has_palette or form.is_bit_stream or form.is_rgb)


def _sign(value: int) -> int:
    return -1 if value < 0 else 1
