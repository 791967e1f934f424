"""Labels of a moving picture: from when to when each of them is there."""

from contextlib import aclosing
from dataclasses import dataclass, replace

from image_tagger.cli.wording import asked_for, said
from image_tagger.domain.errors import TruncatedMedia
from image_tagger.domain.frames import MediaInfo, Sampling
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.queries import Media, Query
from image_tagger.domain.sampling import chosen_sampling, step_of
from image_tagger.domain.segments import Rule, Segment
from image_tagger.domain.selection import Selection
from image_tagger.domain.timeline import Timeline
from image_tagger.domain.vocabulary import Wording
from image_tagger.engine.moderation import Watch
from image_tagger.engine.recognizer import Recognizer

ENTER = 0.2  # the score at which a label comes, where the user names none
LEAVE = 0.5  # of that: the score below which it goes


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user wants to know, and in which words; `sampling` None leaves the choice of frames to the file."""

    model: str
    selection: Selection
    sampling: Sampling | None = None
    wording: Wording | None = None


@dataclass(frozen=True, slots=True)
class Film:
    """What is on a moving picture.

    segments: by their start, those that start together by their peak. labels: each one's best score in the film, the
    best first. frames: how many were looked at. seconds: how far they reach. damage: why the file cannot be read to
    its end; empty where it can.
    """

    segments: tuple[Segment, ...]
    labels: tuple[Prediction, ...]
    frames: int
    seconds: float
    damage: str = ""


async def tag_film(recognizer: Recognizer, media: Media, info: MediaInfo, asked: Asked, watch: Watch) -> Film:
    """Look at a film. Raises what `Recognizer.stream` raises at the first frame."""
    enter = asked.selection.min_score or ENTER
    sampling = chosen_sampling(asked.sampling, info)
    timeline = Timeline(Rule(enter, enter * LEAVE), step_of(sampling, info))
    selection = Selection(asked.selection.top, enter * LEAVE)
    segments, damage = list[Segment](), ""
    try:
        query = Query(media, asked.model, asked_for(selection, asked.wording), sampling)
        async with aclosing(recognizer.stream(query)) as frames:
            async for frame in frames:
                labels = said(frame.predictions, selection, asked.wording)
                segments += timeline.add(replace(frame, predictions=labels))
                watch(frame.seconds)
    except TruncatedMedia as error:
        if not timeline.clock.frames:
            raise
        damage = str(error)
    duration = None if damage else info.seconds
    segments += timeline.finish(duration)
    segments.sort(key=lambda segment: (segment.start, -segment.peak))
    best = _best_labels(segments, asked.selection.top)
    return Film(tuple(segments), best, timeline.clock.frames, timeline.clock.end(duration), damage)


def _best_labels(segments: list[Segment], top: int | None) -> tuple[Prediction, ...]:
    peaks = {segment.label: segment.peak for segment in sorted(segments, key=lambda segment: segment.peak)}
    best = sorted(peaks.items(), key=lambda item: -item[1])[:top]
    return tuple(Prediction(label, peak) for label, peak in best)
