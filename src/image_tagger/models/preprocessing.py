"""From pixels to the network's tensor, by the numbers of `Preprocessing`."""

from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from image_tagger.domain.geometry import Box, Size, centre_box
from image_tagger.domain.specs import Channels, Filter, Layout, Preprocessing, Resize, Rounding

FILTERS = {
    Filter.NEAREST: PIL.Image.Resampling.NEAREST,
    Filter.BOX: PIL.Image.Resampling.BOX,
    Filter.BILINEAR: PIL.Image.Resampling.BILINEAR,
    Filter.HAMMING: PIL.Image.Resampling.HAMMING,
    Filter.BICUBIC: PIL.Image.Resampling.BICUBIC,
    Filter.LANCZOS: PIL.Image.Resampling.LANCZOS,
}
NARROW = 64  # a resized picture of more than this many times the tensor's pixels is never made: 1 x 10^8 would be 10^13


def needed_pixels(preprocessing: Preprocessing) -> int | None:
    """How many pixels along the picture's short side the network can tell apart; None: all of the picture's own."""
    if preprocessing.resize is Resize.KEEP:
        return None
    side = (preprocessing.before_crop or preprocessing.size).short_side
    return round(side / preprocessing.fraction) if preprocessing.resize is Resize.CROP else side


def prepare(pixels: NDArray[np.uint8], preprocessing: Preprocessing) -> NDArray[Any]:
    """One picture, uint8 (height, width, 3) RGB -> one tensor without the batch dimension.

    Its shape is (3, height, width) or (height, width, 3), its type and size what the preprocessing names.
    """
    values: NDArray[Any] = _resized(PIL.Image.fromarray(pixels), preprocessing)
    if preprocessing.channels is Channels.BGR:
        values = values[..., ::-1]
    if _normalises(preprocessing):
        gain, offset = _affine(preprocessing)
        values = values * gain + offset
    tensor = values.transpose(2, 0, 1) if preprocessing.layout is Layout.NCHW else values
    return np.ascontiguousarray(tensor, dtype=np.dtype(preprocessing.element.value))


def _resized(picture: PIL.Image.Image, preprocessing: Preprocessing) -> NDArray[np.uint8]:
    if preprocessing.before_crop or preprocessing.resize in {Resize.SHORTEST, Resize.KEEP}:
        return np.asarray(_in_two_steps(picture, preprocessing))
    size = (preprocessing.size.width, preprocessing.size.height)
    box = _source(Size(*picture.size), preprocessing)
    edges = (box.left, box.top, box.right, box.bottom)
    return np.asarray(picture.resize(size, FILTERS[preprocessing.filter], box=edges))


def _source(size: Size, preprocessing: Preprocessing) -> Box:
    if preprocessing.resize is Resize.SQUASH:
        return Box(0, 0, size.width, size.height)
    return centre_box(size, preprocessing.size.width / preprocessing.size.height, preprocessing.fraction)


def _in_two_steps(picture: PIL.Image.Image, wanted: Preprocessing) -> PIL.Image.Image:
    """Resized to whole pixels, then cropped to whole pixels: what the libraries do that networks are trained with."""
    size, full = wanted.size, _full_size(Size(*picture.size), wanted)
    left = _margin(full.width - size.width, wanted.rounding)
    top = _margin(full.height - size.height, wanted.rounding)
    crop = (left, top, left + size.width, top + size.height)
    if wanted.resize is Resize.KEEP:
        return picture.crop(crop)
    if full.pixels > NARROW * size.pixels:
        return _cropped_while_resizing(picture, full, crop, FILTERS[wanted.filter])
    return picture.resize((full.width, full.height), FILTERS[wanted.filter]).crop(crop)


def _full_size(size: Size, wanted: Preprocessing) -> Size:
    """The whole picture's size before the crop."""
    target = wanted.before_crop or wanted.size
    if wanted.resize is Resize.KEEP:
        return size
    if wanted.resize is Resize.SQUASH:
        return target
    short, long = sorted((size.width, size.height))
    longer = int(target.short_side * long / short)  # multiplied first, as transformers and torchvision do
    return Size(target.short_side, longer) if size.width <= size.height else Size(longer, target.short_side)


def _margin(left_over: int, rounding: Rounding) -> int:
    """How many pixels stay outside before the box; negative where black is added."""
    if rounding is Rounding.DOWN:
        return left_over // 2
    return round(left_over / 2) if left_over >= 0 else -(-left_over // 2)


def _cropped_while_resizing(
    picture: PIL.Image.Image, full: Size, crop: tuple[int, int, int, int], filter_: PIL.Image.Resampling
) -> PIL.Image.Image:
    """The same box of a picture so narrow that the whole of it would not fit into memory; equal but for rounding."""
    left, top, right, bottom = crop
    inside = (max(left, 0), max(top, 0), min(right, full.width), min(bottom, full.height))
    across, down = picture.width / full.width, picture.height / full.height
    box = (inside[0] * across, inside[1] * down, inside[2] * across, inside[3] * down)
    part = picture.resize((inside[2] - inside[0], inside[3] - inside[1]), filter_, box=box)
    return part.crop((left - inside[0], top - inside[1], right - inside[0], bottom - inside[1]))


def _normalises(preprocessing: Preprocessing) -> bool:
    return (preprocessing.scale, *preprocessing.mean, *preprocessing.std) != (1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0)


def _affine(preprocessing: Preprocessing) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(pixel x scale - mean) / std as one multiplication and one addition per channel of the tensor."""
    std = np.asarray(preprocessing.std, np.float64)
    gain, offset = preprocessing.scale / std, -np.asarray(preprocessing.mean, np.float64) / std
    return gain.astype(np.float32), offset.astype(np.float32)
