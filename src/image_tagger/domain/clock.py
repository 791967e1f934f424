"""How long the frames that are looked at stand for: until the next one, however late that comes."""

import math

from image_tagger.domain.predictions import FrameResult

MOST_REPEATS = 1000  # of one frame, which is enough for every rule
ROUNDING = 1e-6  # of a step; times are sums of fractions


class Clock:
    """Counts frames and time.

    With a `step` in seconds a frame counts once for every multiple of it at which it is on the screen, so that a
    picture that stands for ten seconds is no odd frame among others. Without, it counts once.
    """

    def __init__(self, step: float | None = None) -> None:
        self.frames = 0  # looked at
        self.moments = 0  # the same, counted as often as they stand for
        self._step = step
        self._latest: FrameResult | None = None
        self._apart = 0.0

    def tick(self, frame: FrameResult) -> list[float]:
        """One more frame; before it counts, the one before counts again at these seconds."""
        again = self._repeats(frame.seconds)
        if self._latest:
            self._apart = frame.seconds - self._latest.seconds
        self._latest = frame
        self.frames += 1
        self.moments += 1
        return again

    def end(self, duration: float | None) -> float:
        """Where the latest frame ends: with the file or, where that is unknown, as late after it as it came."""
        latest = self._latest.seconds if self._latest else 0.0
        return duration if duration and duration >= latest else latest + self._apart

    def rest(self, end: float) -> list[float]:
        """The seconds at which the latest frame counts again up to the end."""
        return self._repeats(end)

    def _repeats(self, until: float) -> list[float]:
        if not self._latest or not self._step:
            return []
        begin, rate = self._latest.seconds, 1 / self._step
        steps = math.ceil(until * rate - ROUNDING) - math.ceil(begin * rate - ROUNDING)
        more = min(max(steps - 1, 0), MOST_REPEATS)
        self.moments += more
        return [begin + (until - begin) * number / (more + 1) for number in range(1, more + 1)]
