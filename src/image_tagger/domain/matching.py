"""Where labels are first seen: of every label asked for, the first frame whose score reaches a threshold."""

from collections.abc import AsyncIterable
from dataclasses import dataclass

from image_tagger.domain.predictions import FrameResult


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: labels, in the order in which matches of one frame are reported, and the least score.

    A label that stands twice is reported twice. stop_at_first: look no further than the first frame with a match.
    """

    labels: tuple[str, ...]
    least: float
    stop_at_first: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """The first frame in which a label reached the threshold."""

    frame: int
    label: str
    score: float


async def first_matches(frames: AsyncIterable[FrameResult], wanted: Wanted) -> tuple[Match, ...]:
    """Each label's first match, by frame and then in the order asked; no frame is taken after the last one needed."""
    matches: list[Match] = []
    missing = wanted.labels
    async for frame in frames:
        found = matches_in(frame, missing, wanted.least)
        matches += found
        seen = {match.label for match in found}
        missing = tuple(label for label in missing if label not in seen)
        if not missing or (found and wanted.stop_at_first):
            break
    return tuple(matches)


def matches_in(frame: FrameResult, labels: tuple[str, ...], least: float) -> list[Match]:
    """The labels whose score is at least `least` in this frame, in the order asked."""
    scores = {prediction.label: prediction.score for prediction in reversed(frame.predictions)}  # the best one stays
    return [Match(frame.index, label, scores[label]) for label in labels if label in scores and scores[label] >= least]
