"""One verdict on a file, with its reasons: a policy applied to the frames, one after the other."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from typing import Any

from image_tagger.domain.clock import Clock
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.labels import plain
from image_tagger.domain.policy import Action, LabelRule, Policy
from image_tagger.domain.predictions import FrameResult
from image_tagger.domain.segments import Moment, Segment
from image_tagger.domain.timeline import Track, best_scores

MOST_SEGMENTS = 100  # named per reason; the others are counted
MOST_LABELS = 40  # named in an error


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that applies, and where.

    segments: the first ones, at least one, in order. more: how many were left out. peak: the segment with the highest
    score. seconds: how long the label is there, in all.
    """

    rule: LabelRule
    segments: tuple[Segment, ...]
    peak: Segment
    seconds: float
    more: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done with a file, and why; the harshest reason first.

    frames: how many were looked at. seconds: how far they reach. stopped: nothing behind that was looked at, because
    it could change nothing. damage: why the file cannot be read to its end; empty where it can.
    """

    action: Action
    reasons: tuple[Reason, ...]
    frames: int
    seconds: float
    model: str = ""
    stopped: bool = False
    damage: str = ""


class Judge:
    """Applies a policy to the frames of one file."""

    def __init__(self, policy: Policy, labels: Sequence[str], *, model: str = "", step: float | None = None) -> None:
        """`labels`: the model's. `step`: seconds after which a frame counts once more, if it is still on the screen.

        Raises InvalidRequest for a label of the policy that is none of the model's.
        """
        self._policy = policy
        self._watched = [_Watched(rule, matching(rule.label, labels)) for rule in policy.rules]
        self._model = model
        self._clock = Clock(step)

    @property
    def needed_score(self) -> float:
        """Lower scores than this change nothing."""
        return min(rule.when.leave for rule in self._policy.rules)

    @property
    def frames(self) -> int:
        """How many were looked at."""
        return self._clock.frames

    @property
    def may_stop(self) -> bool:
        """Whether the policy wants no more frames."""
        blocking = (watched for watched in self._watched if watched.rule.action is Action.BLOCK)
        return self._policy.stops and any(watched.sure for watched in blocking)

    def add(self, frame: FrameResult) -> None:
        """Look at one more frame, later than all before."""
        self._again(self._clock.tick(frame))
        scores = best_scores(frame)
        for watched in self._watched:
            watched.add(frame, scores)

    def verdict(self, duration: float | None, *, stopped: bool = False, damage: str = "") -> Verdict:
        """The verdict on what was looked at; `duration` in seconds, where it is known."""
        end = self._clock.end(None if stopped or damage else duration)
        self._again(self._clock.rest(end))
        reasons = [reason for watched in self._watched if (reason := watched.reason(self._clock, end, stopped=stopped))]
        actions = [reason.rule.action for reason in reasons] or [self._policy.default]
        return Verdict(
            max([*actions, *([self._policy.damaged] if damage else [])], key=lambda action: action.severity),
            tuple(sorted(reasons, key=lambda reason: -reason.rule.action.severity)),
            frames=self.frames,
            seconds=end,
            model=self._model,
            stopped=stopped,
            damage=damage,
        )

    def _again(self, times: Sequence[float]) -> None:
        """The latest frame, once more at each of these seconds."""
        if times:
            for watched in self._watched:
                watched.again(times)


class _Watched:
    """A rule at work."""

    def __init__(self, rule: LabelRule, names: Iterable[str]) -> None:
        self.rule = rule
        self._names = tuple(names)
        self._track = Track(rule.label, rule.when)
        self._reason: Reason | None = None

    @property
    def sure(self) -> bool:
        return self._reason is not None or self._track.sure

    def add(self, frame: FrameResult, scores: dict[str, float]) -> None:
        score = max(scores.get(name, 0.0) for name in self._names)
        self._note(self._track.add(Moment(frame.index, frame.seconds, score)))

    def again(self, times: Sequence[float]) -> None:
        for segment in self._track.again(times):
            self._note(segment)

    def reason(self, clock: Clock, end: float, *, stopped: bool) -> Reason | None:
        self._note(self._track.finish(clock, end, complete=not stopped))
        return self._reason

    def _note(self, segment: Segment | None) -> None:
        if segment is None:
            return
        before = self._reason
        if before is None:
            self._reason = Reason(self.rule, (segment,), segment, segment.seconds)
            return
        named = (*before.segments, segment)[:MOST_SEGMENTS]
        self._reason = replace(
            before,
            segments=named,
            peak=max(before.peak, segment, key=lambda one: one.peak),
            seconds=before.seconds + segment.seconds,
            more=before.more + len(before.segments) + 1 - len(named),
        )


def matching(label: str, labels: Sequence[str]) -> tuple[str, ...]:
    """The labels of a model that a policy means: this very one, else those of which it is the first name."""
    found = (label,) if label in labels else tuple(one for one in labels if plain(one) == label)
    if not found:
        raise InvalidRequest(
            f"the policy names a label that the model lacks, {label[:80]!r}; {_there_are(label, labels)}"
        )
    return found


def _there_are(label: str, labels: Sequence[str]) -> str:
    names = [*dict.fromkeys(map(plain, labels))]
    if len(names) <= MOST_LABELS:
        return f"it has: {', '.join(names)}"
    if near := get_close_matches(label, names, 5):
        return f"the nearest of its {len(names)}: {', '.join(near)}"
    return f"its {len(names)} begin with: {', '.join(names[:MOST_LABELS])}"


def as_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON values; times in seconds."""
    return {
        "verdict": verdict.action.value,
        "model": verdict.model,
        "frames": verdict.frames,
        "seconds": verdict.seconds,
        "stopped": verdict.stopped,
        "damage": verdict.damage,
        "reasons": [_reason_as_json(reason) for reason in verdict.reasons],
    }


def _reason_as_json(reason: Reason) -> dict[str, Any]:
    segments = [asdict(segment) for segment in reason.segments]
    return {
        "label": reason.rule.label,
        "action": reason.rule.action.value,
        "threshold": reason.rule.when.enter,
        "peak": reason.peak.peak,
        "peak_seconds": reason.peak.peak_seconds,
        "seconds": reason.seconds,
        "segments": [{key: value for key, value in segment.items() if key != "label"} for segment in segments],
        "more_segments": reason.more,
    }
