"""From the scores of one frame after the other to segments: from when to when a label is there.

Two thresholds decide, as in a Schmitt trigger (O. H. Schmitt, "A thermionic trigger", 1938): a label enters at a high
score and stays while its score is above a lower one. Both moves need k of the last n frames (M. Schwartz, "A
coincidence procedure for signal detection", 1956), so that one odd frame changes nothing. Bridging short gaps and
dropping short segments follow G. Gelly and J.-L. Gauvain, "Minimum word error training of RNN-based voice activity
detection", 2015.

The memory of a label is bounded by n frames, however long the film.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import dropwhile

from image_tagger.domain.clock import Clock
from image_tagger.domain.predictions import FrameResult
from image_tagger.domain.segments import Moment, Rule, Segment, Span

ROUNDING = 1e-6  # seconds; times are sums of fractions


class Track:
    """One label under one rule. Every frame must be added, in order, also those in which the label scores 0."""

    def __init__(self, label: str, rule: Rule) -> None:
        self.label = label
        self._rule = rule
        self._latest: Moment | None = None
        self._recent: deque[Moment] = deque()  # at most n, since the label came or went
        self._high = self._low = 0  # of these, how many reached `enter`, and how many did not reach `leave`
        self._below: list[Moment] = []  # inside a segment: the frames since the last one that reached `leave`
        self._span: Span | None = None  # growing while inside, else waiting for one that is near enough
        self._inside = False

    @property
    def idle(self) -> bool:
        """Whether it knows nothing that a new track would not know."""
        return self._span is None and not self._high

    @property
    def sure(self) -> bool:
        """Whether the segment that is growing counts, whatever follows."""
        span = self._span
        return self._inside and span is not None and span.last.seconds - span.first.seconds >= self._rule.min_seconds

    def add(self, moment: Moment) -> Segment | None:
        """Take one more frame; the segment that is complete by now, if there is one."""
        self._latest = moment
        if self._span:
            self._span.bound(moment.seconds)
        self._note(moment)
        if self._inside:
            self._stay_or_leave(moment)
        elif self._high >= self._rule.k:
            return self._enter(moment.seconds)
        return self._settled(moment.seconds)

    def again(self, times: Sequence[float]) -> list[Segment]:
        """Take the latest frame once more at each of these seconds; the segments that are complete by now.

        At most k of them can change something: with those that follow, the label stays where it is.
        """
        found: list[Segment | None] = []
        latest = self._latest
        if latest is None:
            return []
        for number, seconds in enumerate(times):
            if latest.score >= self._rule.leave if self._inside else latest.score < self._rule.enter:
                found.append(self._stay(latest, times[number:]))
                break
            found.append(self.add(Moment(latest.frame, seconds, latest.score)))
        return [segment for segment in found if segment]

    def finish(self, clock: Clock, end: float, *, complete: bool) -> Segment | None:
        """The last segment. `complete`: the file ends here, so what is short may be so because the file is."""
        few = complete and 0 < clock.moments < self._rule.k
        if few and self._high == clock.moments:
            self._span = Span(list(self._recent))
        if self._span:
            self._span.bound(end)
        return self._counted(end, end if complete else math.inf)

    def _note(self, moment: Moment) -> None:
        if len(self._recent) == self._rule.n:
            gone = self._recent.popleft()
            self._high -= gone.score >= self._rule.enter
            self._low -= gone.score < self._rule.leave
        self._recent.append(moment)
        self._high += moment.score >= self._rule.enter
        self._low += moment.score < self._rule.leave

    def _forget(self) -> None:
        self._recent.clear()
        self._high = self._low = 0

    def _enter(self, now: float) -> Segment | None:
        moments = list(dropwhile(lambda moment: moment.score < self._rule.enter, self._recent))
        first = moments[0]
        self._forget()
        self._inside = True
        if self._span and 0 < first.seconds - self._span.end <= self._rule.gap_seconds:
            self._span.extend(moments)
            return None
        before = self._counted(now, math.inf)
        self._span = Span(moments)
        return before

    def _stay_or_leave(self, moment: Moment) -> None:
        self._below.append(moment)
        if self._span and moment.score >= self._rule.leave:
            self._span.extend(self._below)
            self._below.clear()
        elif self._low >= self._rule.k:
            self._inside = False
            self._forget()
            self._below.clear()

    def _stay(self, moment: Moment, times: Sequence[float]) -> Segment | None:
        """All of these at once, none of which changes whether the label is there."""
        last = Moment(moment.frame, times[-1], moment.score)
        if self._span:
            self._span.bound(times[0])
        for _ in range(min(len(times), self._rule.n)):
            self._note(last)
        if self._span and self._inside:
            self._span.stay(last, len(times))
        return self._settled(last.seconds)

    def _settled(self, now: float) -> Segment | None:
        """The segment that nothing can be joined to any more."""
        if self._inside or not self._span or self._high or now - self._span.end <= self._rule.gap_seconds:
            return None
        segment = self._counted(now, math.inf)
        self._span = None
        return segment

    def _counted(self, now: float, length: float) -> Segment | None:
        """The segment, if it is long enough; where no time passes, as in the pages of a file, every one is."""
        if self._span is None:
            return None
        segment = self._span.segment(self.label)
        return segment if now == 0 or segment.seconds + ROUNDING >= min(self._rule.min_seconds, length) else None


class Timeline:
    """The segments of every label that comes up, all under one rule."""

    def __init__(self, rule: Rule, step: float | None = None) -> None:
        """`step`: seconds after which a frame counts once more, if it is still on the screen."""
        self._rule = rule
        self._tracks: dict[str, Track] = {}
        self.clock = Clock(step)

    def add(self, frame: FrameResult) -> list[Segment]:
        """Take one more frame, later than all before; the segments that are complete by now."""
        return [*self._again(self.clock.tick(frame)), *self._add(frame)]

    def finish(self, duration: float | None = None, *, complete: bool = True) -> list[Segment]:
        """The segments that were still growing. `duration`: the file's, in seconds, where it is known."""
        end = self.clock.end(duration)
        before = self._again(self.clock.rest(end))
        last = (track.finish(self.clock, end, complete=complete) for track in self._tracks.values())
        return before + [segment for segment in last if segment]

    def _again(self, times: Sequence[float]) -> list[Segment]:
        """The latest frame, once more at each of these seconds."""
        segments = [segment for track in self._tracks.values() for segment in track.again(times)]
        self._tracks = {label: track for label, track in self._tracks.items() if not track.idle}
        return sorted(segments, key=lambda segment: segment.end)

    def _add(self, frame: FrameResult) -> Iterator[Segment]:
        scores = best_scores(frame)
        for label in scores:
            if label not in self._tracks:
                self._tracks[label] = Track(label, self._rule)
        for label, track in [*self._tracks.items()]:
            segment = track.add(Moment(frame.index, frame.seconds, scores.get(label, 0.0)))
            if track.idle:
                del self._tracks[label]
            if segment:
                yield segment


def best_scores(frame: FrameResult) -> dict[str, float]:
    """Label -> score; of labels that stand twice in a model, the higher one."""
    return {p.label: p.score for p in sorted(frame.predictions, key=lambda p: p.score)}
