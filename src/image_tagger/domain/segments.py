"""Stretches of a file in which a label is there, and the rule that says when it is."""

import math
from dataclasses import dataclass

from image_tagger.domain.errors import InvalidRequest

MOST_FRAMES = 1000  # the largest n


@dataclass(frozen=True, slots=True)
class Rule:
    """When a label counts as there.

    enter, leave: scores in 0..1, leave at most enter. Of the last `n` frames, `k` must have reached `enter` for a
    segment to begin, and `k` must be below `leave` for it to end; a file of fewer than `k` frames has a segment where
    all of them reach `enter`. min_seconds: shorter segments do not count, unless the whole file is shorter and the
    segment fills it. gap_seconds: segments that are at most this far apart are one.
    """

    enter: float = 0.5
    leave: float = 0.4
    k: int = 2
    n: int = 3
    min_seconds: float = 0.0
    gap_seconds: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.leave <= self.enter <= 1:
            raise InvalidRequest("a rule needs 0 <= leave <= threshold <= 1")
        if not 1 <= self.k <= self.n <= MOST_FRAMES:
            raise InvalidRequest(f"a rule needs 1 <= k <= n <= {MOST_FRAMES}")
        if not all(math.isfinite(seconds) and seconds >= 0 for seconds in (self.min_seconds, self.gap_seconds)):
            raise InvalidRequest("the seconds of a rule must be at least 0")


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of a file in which a label is there.

    start, end: seconds; it ends where the next frame that was looked at begins, the last one where the file ends.
    first_frame, last_frame: numbers in the file of the first and the last frame that was looked at, both inside.
    peak, peak_seconds: the highest score and when it was first reached. mean: over the frames that were looked at,
    bridged gaps left out.
    """

    label: str
    start: float
    end: float
    first_frame: int
    last_frame: int
    peak: float
    peak_seconds: float
    mean: float

    @property
    def seconds(self) -> float:
        """How long it is; 0 for a still."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Moment:
    """A label's score in one frame."""

    frame: int
    seconds: float
    score: float


class Span:
    """A segment while it grows. Its end is known when the frame after its last one is."""

    def __init__(self, moments: list[Moment]) -> None:
        self.first = self.peak = moments[0]
        self._total, self._count = 0.0, 0
        self.extend(moments)

    def extend(self, moments: list[Moment]) -> None:
        """These frames belong to it, too."""
        self.last = moments[-1]
        self.end, self._bounded = self.last.seconds, False
        self._total += sum(moment.score for moment in moments)
        self._count += len(moments)
        self.peak = max(self.peak, *moments, key=lambda moment: moment.score)  # the first among equals

    def stay(self, moment: Moment, times: int) -> None:
        """So many frames like this, the last of them, belong to it, too."""
        self.extend([moment])
        self._total += moment.score * (times - 1)
        self._count += times - 1

    def bound(self, seconds: float) -> None:
        """A frame begins here, or the file ends: the first time after its last frame, that is its end."""
        if not self._bounded:
            self.end, self._bounded = seconds, True

    def segment(self, label: str) -> Segment:
        """It as a value."""
        return Segment(
            label,
            start=self.first.seconds,
            end=self.end,
            first_frame=self.first.frame,
            last_frame=self.last.frame,
            peak=self.peak.score,
            peak_seconds=self.peak.seconds,
            mean=min(self._total / self._count, self.peak.score),  # rounding must not lift it above the peak
        )
