"""An image, and a frame of a file: pixels in memory, as every other room sees them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.geometry import Size


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """Pixels of one frame.

    pixels: uint8, (height, width, 3), RGB, 0..255, upright (EXIF orientation applied), never written to.
    original: the size before reduced-scale decoding, upright.
    """

    pixels: NDArray[np.uint8]
    original: Size

    @property
    def size(self) -> Size:
        """The size of these pixels."""
        return Size(self.pixels.shape[1], self.pixels.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a file.

    index: its number in the file, from 0, whichever frames are left out.
    seconds: when it comes on the screen, counted from the file's first frame; 0 for stills and pages.
    """

    index: int
    seconds: float
    image: Image
