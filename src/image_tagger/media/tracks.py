"""What the packets of a video tell before any of them is decoded, and which of them a choice of frames needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.frames import KeyFrames, Sampling
from image_tagger.media.picking import picker


@dataclass(frozen=True, slots=True)
class Wanted:
    """A frame that is picked: its number in the file and when it comes on the screen."""

    index: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """Packets to decode without a gap, first and last included, counted in the order of decoding.

    What is shown before `since`, in the unit of the track, needs packets before the stretch.
    """

    first: int
    last: int
    since: int


class Track:
    """Times and key frames of all packets, in the order of decoding.

    times: int64, in `unit`s of seconds. keys: bool, which packets can be decoded without those before.
    """

    def __init__(self, times: NDArray[np.int64], keys: NDArray[np.bool_], unit: Fraction, last: int) -> None:
        self._times = times
        self._keys = keys
        self._unit = unit
        self._order = np.argsort(times, kind="stable")  # number of the frame -> number of the packet
        self._shown = times[self._order]
        self._last = last  # how long the last frame stays, in units
        self.complete_until: int | None = None  # where not None: later frames may have lost some between them

    @property
    def whole(self) -> bool:
        """Whether every packet is a frame with a time of its own, and the first one shown can be decoded at once."""
        ascending = bool((np.diff(self._shown) > 0).all())
        return bool(len(self._times)) and ascending and bool(self._keys[0]) and self._order[0] == 0

    @property
    def seconds(self) -> float:
        """How long all of it plays."""
        return float((int(self._shown[-1]) - int(self._shown[0]) + self._last) * self._unit)

    def wanted(self, sampling: Sampling) -> dict[int, Wanted]:
        """The frames that are picked, by their time, in order."""
        pick, first = picker(sampling, self.seconds), int(self._shown[0])
        times: list[int] = self._shown.tolist()
        starts = [float((time - first) * self._unit) for time in (*times, times[-1] + self._last)]
        keys = self._keys[self._order] if isinstance(sampling, KeyFrames) else np.ones(len(times), np.bool_)
        return {
            times[index]: Wanted(index, starts[index])
            for index in np.flatnonzero(keys & self._complete()).tolist()
            if pick(index, starts[index], starts[index + 1])
        }

    def _complete(self) -> NDArray[np.bool_]:
        last = self._shown[-1] if self.complete_until is None else self.complete_until
        return np.asarray(self._shown <= max(last, self._shown[0]))

    def stretches(self, wanted: Sequence[int]) -> list[Stretch]:
        """The packets that frames of these times, in order, need: each from the key frame before it."""
        found: list[Stretch] = []
        keys = np.flatnonzero(self._keys)
        for time in wanted:
            packet = int(self._order[np.searchsorted(self._shown, time)])
            before = int(np.searchsorted(keys, packet, "right")) - 1
            while self._times[keys[before]] > time:  # stored behind a key frame, shown before it: needs the one before
                before -= 1
            first = int(keys[before])
            if found and first <= found[-1].last + 1:
                found[-1] = Stretch(found[-1].first, max(packet, found[-1].last), found[-1].since)
            else:
                found.append(Stretch(first, packet, int(self._times[first])))
        return found
