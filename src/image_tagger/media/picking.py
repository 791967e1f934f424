"""Which frames a sampling picks, from their numbers and the times between which they are on the screen."""

import math
from collections.abc import Callable

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from image_tagger.domain.frames import Evenly, EveryNth, PerSecond, Sampling
from image_tagger.media.image import Image

Pick = Callable[[int, float, float], bool]  # number of the frame, seconds at which it appears and is gone
EXACT = 2.0**53  # above it, floats leave out whole numbers
THUMBNAIL = (32, 32)
FULL_CUT = 100.0  # levels of 0..255 that the mean luma moves by when everything changes, as far as photos go


def picker(sampling: Sampling, seconds: float) -> Pick:
    """Which frames are picked; key frames and scene cuts, which only decoding tells, are all picked here.

    seconds: how long the whole plays; only an even spread asks for it.
    """
    if isinstance(sampling, EveryNth):
        return lambda index, _start, _end: index >= sampling.first and not (index - sampling.first) % sampling.n
    if isinstance(sampling, PerSecond):
        return lambda _index, start, end: shown_at_a_step(start, end, sampling.rate)
    if isinstance(sampling, Evenly):
        return _spread(sampling.count, seconds)
    return lambda _index, _start, _end: True


def asks_for_times(sampling: Sampling) -> bool:
    """Whether picking needs to know when a frame is gone."""
    return isinstance(sampling, PerSecond | Evenly)


def shown_at_a_step(start: float, end: float, rate: float, offset: float = 0.0) -> bool:
    """Whether the frame on the screen from `start` to `end` is there at (k + offset) / rate for a whole k >= 0.

    A frame that appears at that very moment is; one that goes at it is not.
    """
    if (end - start) * rate >= 2 or not start * rate < EXACT:
        return end > start
    step = max(0, math.ceil(start * rate - offset))
    while step and (step - 1 + offset) / rate >= start:  # the product and the quotient round differently
        step -= 1
    while (step + offset) / rate < start:
        step += 1
    return (step + offset) / rate < end


class Cuts:
    """Finds where scenes change, from the frames one after the other."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._before: NDArray[np.uint8] | None = None

    def begins(self, image: Image) -> bool:
        """Whether a scene begins here: with the first image, and where it differs from the one before enough."""
        before, self._before = self._before, _thumbnail(image)
        return before is None or luma_change(before, self._before) > self._threshold


def luma_change(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """How much two thumbnails of grey levels, uint8 of one shape, differ.

    0: not at all; 1: by a mean of `FULL_CUT` levels, or more.
    """
    moved = float(np.abs(one.astype(np.int16) - other.astype(np.int16)).mean())
    return min(1.0, moved / FULL_CUT)


def _spread(count: int, seconds: float) -> Pick:
    """The frames in the middle of `count` equal parts: neither the black of a beginning nor that of an end."""
    if seconds <= 0:
        return lambda _index, _start, _end: True
    return lambda _index, start, end: start < seconds and shown_at_a_step(start, end, count / seconds, 0.5)


def _thumbnail(image: Image) -> NDArray[np.uint8]:
    return np.asarray(PIL.Image.fromarray(image.pixels).convert("L").resize(THUMBNAIL, PIL.Image.Resampling.BOX))
