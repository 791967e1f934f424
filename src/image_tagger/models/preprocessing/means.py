"""Mean pictures: read from NumPy's `.npy` or Caffe's `.binaryproto`, resized to the tensor."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.models.formats.binaryproto import read_blob

MOST_BYTES = 64 * 1024 * 1024  # of a mean file
MOST_SIDE = 4096
KEPT = 8  # resized mean pictures; networks of the picture's own shape ask for many


def mean_picture(file: Path, size: Size, channels: int) -> NDArray[np.float32]:
    """The mean for a tensor of this size: (height, width, channels), or (1, 1, channels) of a mean per channel.

    Raises InvalidModel for a file that is no mean picture, and for one of other channels.
    """
    try:
        changed = file.stat().st_mtime_ns
    except OSError as error:
        raise InvalidModel(f"the mean file {file.name} cannot be read: {error.strerror}") from error
    return _fitting(file, changed, size, channels)


@lru_cache(maxsize=KEPT)
def _fitting(file: Path, changed: int, size: Size, channels: int) -> NDArray[np.float32]:
    mean = _read(file, changed)
    if mean.shape[2] != channels:
        raise InvalidModel(f"the mean file {file.name} has {mean.shape[2]} channels, the tensor {channels}")
    if mean.shape[:2] not in {(1, 1), (size.height, size.width)}:
        mean = np.stack([_resized(mean[..., channel], size) for channel in range(channels)], axis=-1)
    mean.flags.writeable = False
    return mean


@lru_cache(maxsize=KEPT)
def _read(file: Path, changed: int) -> NDArray[np.float32]:
    """(height, width, channels); `changed` tells this state of the file from others."""
    del changed
    if file.stat().st_size > MOST_BYTES:
        raise InvalidModel(f"the mean file {file.name} has more than {MOST_BYTES} bytes")
    try:
        content = _npy(file) if file.suffix == ".npy" else read_blob(file.read_bytes())
    except Exception as error:  # NumPy reads a header with Python's own parser, which raises whatever it meets
        raise InvalidModel(f"the mean file {file.name} cannot be read: it is damaged, or no mean picture") from error
    if content.ndim != 3 or not all(1 <= side <= MOST_SIDE for side in content.shape):
        raise InvalidModel(f"the mean file {file.name} holds no picture: its shape is {content.shape}")
    mean: NDArray[np.float32] = content.astype(np.float32)
    if not np.isfinite(mean).all():
        raise InvalidModel(f"the mean file {file.name} holds numbers that are not finite")
    return mean


def _npy(file: Path) -> NDArray[Any]:
    """Read by way of the file's own size: a header may claim more than there is."""
    array: NDArray[Any] = np.load(file, mmap_mode="r", allow_pickle=False)
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise ValueError("no array of numbers")
    return array[..., np.newaxis] if array.ndim == 2 else array


def _resized(channel: NDArray[np.float32], size: Size) -> NDArray[np.float32]:
    picture = PIL.Image.fromarray(np.ascontiguousarray(channel))
    return np.asarray(picture.resize((size.width, size.height), PIL.Image.Resampling.BILINEAR), np.float32)
