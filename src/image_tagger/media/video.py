"""Videos as a stream of frames: decoded lazily, and only as far as the frames that are picked need."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeVar

from av.video.codeccontext import VideoCodecContext

from image_tagger.domain.errors import InvalidMedia, TruncatedMedia
from image_tagger.domain.frames import EveryNth, KeyFrames, MediaInfo, MediaKind, Sampling, SceneCuts
from image_tagger.domain.geometry import Size
from image_tagger.media.decoding import Raw, Reading, Steps, Tally, every_frame
from image_tagger.media.demuxing import Limits, opened, reopened
from image_tagger.media.image import Frame
from image_tagger.media.orientation import SIDEWAYS
from image_tagger.media.picking import Cuts, asks_for_times, picker
from image_tagger.media.seeking import Astray, Survey, sought, survey
from image_tagger.media.shrinking import Shrinker, frame_orientation
from image_tagger.media.tracks import Track, Wanted

MOMENT = 1e-6  # seconds; a last frame is seen this long at least

T = TypeVar("T")


class Video:
    """One video file. Damage is passed over where FFmpeg can; what is lost is told at the end."""

    def __init__(self, content: bytes | Path, form: str, limits: Limits) -> None:
        self._content = content
        self._form = form
        self._limits = limits
        self._tally = Tally()

    def describe(self) -> MediaInfo:
        """What the container says; packets are counted where it does not. One frame tells which way up it is."""
        return self._guarded(self._described)

    def frames(self, sampling: Sampling, least: float | None) -> Steps[Frame]:
        """The frames that are picked, in order, shrunk until their short side has `least` pixels.

        Raises InvalidMedia where nothing can be read, TruncatedMedia behind the good frames, MediaTooLarge.
        """
        shrinker, cuts = Shrinker(least), Cuts(sampling.threshold) if isinstance(sampling, SceneCuts) else None
        steps = self._picked(sampling)
        try:
            while (raw := self._guarded(next, steps, steps)) is not steps:
                if raw is None:
                    yield None
                    continue
                image = self._guarded(shrinker.image, raw.frame)
                yield Frame(raw.index, raw.seconds, image) if cuts is None or cuts.begins(image) else None
        finally:
            steps.close()
        if not self._tally.decoded:
            raise InvalidMedia("the file holds no frame that can be read")
        if self._tally.lost:
            raise TruncatedMedia("the video is broken or cut; not all of its frames could be decoded")

    def _guarded(self, step: Callable[..., T], *args: object) -> T:
        try:
            return step(*args)
        except InvalidMedia:
            raise
        except (
            Exception
        ) as error:  # of broken bytes: FFmpegError, ValueError and MemoryError from its bindings, OSError from reading
            if self._tally.decoded:
                raise TruncatedMedia("the video is broken behind its first frames") from error
            raise InvalidMedia("the file is no video, or a broken one") from error

    def _described(self) -> MediaInfo:
        with opened(self._content, self._form, self._limits) as found:
            frames, seconds = found.frames, found.seconds
            first = next((raw for raw in every_frame(Reading(found, self._tally), self._limits) if raw), None)
        if first is None:
            raise InvalidMedia("the file holds no frame that can be read")
        size = Size(first.frame.width, first.frame.height)
        if frame_orientation(first.frame) in SIDEWAYS:
            size = Size(size.height, size.width)
        if not (frames and seconds):
            counted, _ = _result(self._survey())
            frames, seconds = frames or counted.frames, seconds or counted.seconds
        return MediaInfo(MediaKind.VIDEO, self._form, size, frames or None, seconds or None)

    def _picked(self, sampling: Sampling) -> Steps[Raw]:
        if isinstance(sampling, SceneCuts) or (isinstance(sampling, EveryNth) and sampling.n == 1):
            yield from self._chosen(sampling, 0.0)
            return
        surveyed, context = yield from self._survey()
        if surveyed.track is None:
            yield from self._chosen(sampling, surveyed.seconds)
        else:
            yield from self._sought(surveyed.track, surveyed.track.wanted(sampling), context)

    def _survey(self) -> Generator[None, None, tuple[Survey, VideoCodecContext]]:
        """What the packets tell, and a decoder that was set up for them."""
        with opened(self._content, self._form, self._limits) as found:
            surveyed = yield from survey(Reading(found, self._tally), self._limits)
            return surveyed, found.stream.codec_context

    def _all(self) -> Steps[Raw]:
        with opened(self._content, self._form, self._limits) as found:
            yield from every_frame(Reading(found, self._tally), self._limits)

    def _chosen(self, sampling: Sampling, seconds: float) -> Steps[Raw]:
        """Every frame decoded; where times count, each is held until it is known when it is gone."""
        pick, timed = picker(sampling, seconds), asks_for_times(sampling)
        held: Raw | None = None
        for raw in self._all():
            if raw is None:
                yield None
            elif timed:
                yield held if held and pick(held.index, held.seconds, raw.seconds) else None
                held = raw
            elif not isinstance(sampling, KeyFrames) or raw.frame.key_frame:
                yield raw if pick(raw.index, raw.seconds, raw.seconds) else None
        end = 0.0 if self._tally.lost else seconds  # behind a cut, nobody knows how long the last one stays
        if held and pick(held.index, held.seconds, max(held.seconds + MOMENT, end)):
            yield held

    def _sought(self, track: Track, wanted: dict[int, Wanted], context: VideoCodecContext) -> Steps[Raw]:
        last = -1
        try:
            with reopened(self._content, self._form, self._limits) as found:
                for raw in sought(Reading(found, self._tally, context), track, wanted):
                    last = raw.index if raw else last
                    yield raw
        except Astray:
            yield from self._behind(last, wanted)

    def _behind(self, last: int, wanted: dict[int, Wanted]) -> Steps[Raw]:
        """The wanted frames behind number `last`, by decoding all; those that do not come even so are lost."""
        left = {time: place for time, place in wanted.items() if place.index > last}
        for raw in self._all():
            place = left.pop(raw.frame.pts, None) if raw and raw.frame.pts is not None else None
            yield Raw(place.index, place.seconds, raw.frame) if raw and place else None
        self._tally.lost |= bool(left)


def _result(steps: Generator[None, None, T]) -> T:
    """Go through all steps to what comes of them."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            value: T = end.value
            return value
