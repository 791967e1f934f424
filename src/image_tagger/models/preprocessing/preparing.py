"""From pixels to the network's tensor, by the numbers of `Preprocessing`."""

from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from image_tagger.domain.geometry import Size
from image_tagger.domain.specs import Channels, Element, Layout, Preprocessing
from image_tagger.models.preprocessing import means
from image_tagger.models.preprocessing.fitting import Fit, fit, needed_pixels
from image_tagger.models.preprocessing.resizing import resized

__all__ = ["blank", "fitted", "needed_pixels", "prepare"]

ORDERS = {Layout.NCHW: (2, 0, 1), Layout.NCWH: (2, 1, 0), Layout.NWHC: (1, 0, 2)}  # of height, width, channel


def prepare(pixels: NDArray[np.uint8], wanted: Preprocessing) -> NDArray[Any]:
    """One picture, uint8 (height, width, 3) RGB -> one tensor without the batch dimension.

    Its dimensions, their order and its type are what the preprocessing names; grey has one channel. Raises InvalidModel
    for a mean file that cannot be read or has other channels.
    """
    return fitted(pixels, fit(Size(pixels.shape[1], pixels.shape[0]), wanted), wanted)


def fitted(pixels: NDArray[np.uint8], geometry: Fit, wanted: Preprocessing) -> NDArray[Any]:
    """The same where it is known already which box becomes which rectangle."""
    values: NDArray[Any] = resized(PIL.Image.fromarray(pixels), geometry, wanted)
    if wanted.channels is Channels.BGR:
        values = values[..., ::-1]
    if _normalises(wanted):
        values = _normalised(values, wanted)
    if (order := ORDERS.get(wanted.layout)) is not None:
        values = values.transpose(order)
    return np.ascontiguousarray(values, dtype=wanted.element.value)


def blank(wanted: Preprocessing) -> NDArray[Any]:
    """The tensor of a black picture of the preprocessing's own size."""
    return prepare(np.zeros((wanted.size.height, wanted.size.width, 3), np.uint8), wanted)


def _normalises(wanted: Preprocessing) -> bool:
    numbers = (wanted.scale, *wanted.mean, *wanted.std)
    return numbers != (1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0) or wanted.mean_file is not None


def _normalised(values: NDArray[Any], wanted: Preprocessing) -> NDArray[np.float32]:
    """(pixel x scale - mean file - mean) / std; where bytes are wanted, rounded and kept in 0..255."""
    gain, offset = _affine(wanted)
    done: NDArray[np.float32] = values * gain + offset
    if wanted.mean_file is not None:
        height, width, channels = values.shape
        mean = means.mean_picture(wanted.mean_file, Size(width, height), channels)
        np.subtract(done, mean / np.asarray(wanted.std[:channels], np.float32), out=done)
    return np.rint(done).clip(0, 255) if wanted.element is Element.UINT8 else done


def _affine(wanted: Preprocessing) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(pixel x scale - mean) / std as one multiplication and one addition per channel of the tensor."""
    std = np.asarray(wanted.std, np.float64)
    gain, offset = wanted.scale / std, -np.asarray(wanted.mean, np.float64) / std
    count = wanted.channels.planes
    return gain[:count].astype(np.float32), offset[:count].astype(np.float32)
