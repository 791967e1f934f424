"""Where a picture lies in the network's input, and the way back from boxes in the input to regions of the picture."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.geometry import SCALES, Region, Size
from image_tagger.models.preprocessing.fitting import Fit


@dataclass(frozen=True, slots=True)
class Placement:
    """The rectangle that the whole picture covers in the network's input, in pixels of the input.

    It is larger than the input where the picture was cropped, and smaller where it was filled.
    """

    left: float
    top: float
    width: float
    height: float
    input: Size

    @classmethod
    def of(cls, fit: Fit, size: Size, original: Size | None = None) -> "Placement":
        """Where a picture of this size lies; `original`: its size before it was decoded at a reduced scale."""
        across = fit.inner.width / (fit.box.right - fit.box.left)
        down = fit.inner.height / (fit.box.bottom - fit.box.top)
        width, height = float(size.width), float(size.height)
        if original is not None and original != size:
            width, height = _covered(width, original.width), _covered(height, original.height)
        left, top = fit.left - fit.box.left * across, fit.top - fit.box.top * down
        return cls(left, top, width * across, height * down, fit.outer)

    @classmethod
    def whole(cls, size: Size) -> "Placement":
        """The picture and the input are the same rectangle."""
        return cls(0.0, 0.0, float(size.width), float(size.height), size)

    def of_part(self, part: Region) -> "Placement":
        """Where the whole picture lies, if this is where a part of it lies."""
        width, height = self.width / (part.xmax - part.xmin), self.height / (part.ymax - part.ymin)
        return Placement(self.left - part.xmin * width, self.top - part.ymin * height, width, height, self.input)

    def regions(self, boxes: NDArray[Any]) -> NDArray[np.float64]:
        """Boxes x1, y1, x2, y2 in pixels of the input, (n, 4) -> the same in 0..1 of the whole picture, float64 (n, 4).

        What lies outside of the picture is cut off, so boxes may come back without an area.
        """
        corner = np.array((self.left, self.top, self.left, self.top))
        extent = np.array((self.width, self.height, self.width, self.height))
        regions: NDArray[np.float64] = ((boxes.astype(np.float64) - corner) / extent).clip(0.0, 1.0)
        return regions

    def regions_of_unit(self, boxes: NDArray[Any]) -> NDArray[np.float64]:
        """The same for boxes in 0..1 of the input."""
        width, height = self.input.width, self.input.height
        return self.regions(boxes.astype(np.float64) * (width, height, width, height))


def _covered(side: float, original: int) -> float:
    """How much of the pixels along a side show the picture: at a reduced scale the last one may reach beyond it."""
    divisor = round(original / side)
    if divisor in SCALES and side == -(-original // divisor):
        return original / divisor
    return side
