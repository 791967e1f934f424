"""From pixels to the network's tensor, by the numbers of `Preprocessing`."""

from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from image_tagger.domain.geometry import Box, Size, centre_box
from image_tagger.domain.specs import Filter, Layout, Preprocessing, Resize

FILTERS = {
    Filter.BOX: PIL.Image.Resampling.BOX,
    Filter.BILINEAR: PIL.Image.Resampling.BILINEAR,
    Filter.BICUBIC: PIL.Image.Resampling.BICUBIC,
}


def needed_pixels(preprocessing: Preprocessing) -> int:
    """How many pixels along the picture's short side the network can tell apart."""
    side = min(preprocessing.size.width, preprocessing.size.height)
    return round(side / preprocessing.fraction) if preprocessing.resize is Resize.CROP else side


def prepare(pixels: NDArray[np.uint8], preprocessing: Preprocessing) -> NDArray[Any]:
    """One picture, uint8 (height, width, 3) RGB -> one tensor without the batch dimension.

    Its shape is (3, height, width) or (height, width, 3), its type and size what the preprocessing names.
    """
    values: NDArray[Any] = _resized(pixels, preprocessing)
    if _normalises(preprocessing):
        gain, offset = _affine(preprocessing)
        values = values * gain + offset
    tensor = values.transpose(2, 0, 1) if preprocessing.layout is Layout.NCHW else values
    return np.ascontiguousarray(tensor, dtype=np.dtype(preprocessing.element.value))


def _resized(pixels: NDArray[np.uint8], preprocessing: Preprocessing) -> NDArray[np.uint8]:
    size = (preprocessing.size.width, preprocessing.size.height)
    picture = PIL.Image.fromarray(pixels)
    box = _source(Size(*picture.size), preprocessing)
    edges = (box.left, box.top, box.right, box.bottom)
    return np.asarray(picture.resize(size, FILTERS[preprocessing.filter], box=edges))


def _source(size: Size, preprocessing: Preprocessing) -> Box:
    if preprocessing.resize is Resize.SQUASH:
        return Box(0, 0, size.width, size.height)
    return centre_box(size, preprocessing.size.width / preprocessing.size.height, preprocessing.fraction)


def _normalises(preprocessing: Preprocessing) -> bool:
    return (preprocessing.scale, *preprocessing.mean, *preprocessing.std) != (1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0)


def _affine(preprocessing: Preprocessing) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(pixel x scale - mean) / std as one multiplication and one addition per channel."""
    std = np.asarray(preprocessing.std, np.float32)
    return np.float32(preprocessing.scale) / std, -np.asarray(preprocessing.mean, np.float32) / std
