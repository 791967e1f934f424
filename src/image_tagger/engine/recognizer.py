"""The front door of the engine: a query in; one frame result, or a stream of them, out."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing

import structlog

from image_tagger.domain.errors import TaggerError
from image_tagger.domain.frames import MediaInfo
from image_tagger.domain.predictions import FrameResult
from image_tagger.domain.queries import Media, Query
from image_tagger.domain.selection import Selection
from image_tagger.engine.admission import Admission
from image_tagger.engine.frames import Frames, Held
from image_tagger.engine.predictor import Predictor
from image_tagger.engine.recognition import Predictions
from image_tagger.engine.window import as_they_come, in_order
from image_tagger.media.image import Frame
from image_tagger.models.preprocessing.preparing import needed_pixels
from image_tagger.models.resolve import Resolver

AHEAD = 8  # queries or frames of one caller under way: enough to hide waiting, too few to starve other callers


TURN = 8  # pictures of a turn of a thread, where they come in bulk: some ten milliseconds
TURNS = 2  # of one caller under way: while one waits for its reader, the other goes on

log = structlog.get_logger(__name__)


class Recognizer:
    """Answers queries. Every method raises UnknownModel, UnreachableMedia, InvalidMedia, InvalidModel or Overloaded."""

    def __init__(self, resolver: Resolver, frames: Frames, predictor: Predictor, admission: Admission) -> None:
        self._resolver = resolver
        self._frames = frames
        self._predictor = predictor
        self._admission = admission

    async def first(self, query: Query) -> FrameResult:
        """The result of the first frame; the others are not decoded."""
        with self._admission.one():
            return await self._first(query)

    async def describe(self, media: Media) -> MediaInfo:
        """What a media holds; of one on the web, it is fetched for that. Raises MissingExtra for some videos, too."""
        with self._admission.one():
            return await self._frames.describe(media)

    async def stream(self, query: Query) -> AsyncGenerator[FrameResult]:
        """The result of every frame that the query's sampling picks, in order.

        Up to `AHEAD` frames are recognised together while the next ones are decoded. Close it early (`aclosing`) and
        decoding stops. Where a file is damaged, TruncatedMedia comes behind the results of what could be read.
        """
        with self._admission.one():
            version = await self._resolver.version(query.model)
            needed = needed_pixels(version.network.preprocessing)

            async def recognised(frame: Frame) -> FrameResult:
                predictions = await self._predictor.predict(version, frame.image, query.selection, query.crop)
                return FrameResult(frame.index, predictions, frame.seconds)

            frames = self._frames.all(query.media, needed, query.sampling)
            async with aclosing(frames), aclosing(as_they_come(frames, recognised, ahead=AHEAD)) as results:
                async for result in results:
                    yield result

    async def all(self, query: Query) -> tuple[FrameResult, ...]:
        """The results of all frames."""
        return tuple([result async for result in self.stream(query)])

    async def each(self, queries: Iterable[Query]) -> AsyncGenerator[FrameResult | TaggerError]:
        """The first frame's result of every query, in order, or the error that is its answer.

        One caller's queries count as one for admission, and a few of them are under way at a time. `queries` may be
        lazy: they are taken as places become free.
        """
        with self._admission.one():
            async with aclosing(in_order(queries, self._result_or_error, ahead=AHEAD)) as results:
                async for result in results:
                    yield result

    async def together(
        self, media: Sequence[Held], model: str, selection: Selection
    ) -> list[FrameResult | TaggerError]:
        """The first frame's result of each of many, in order, or the error that is its answer.

        For work in bulk: a few pictures share a turn of a thread, which takes less time than one by one.
        """
        with self._admission.one():
            version = await self._resolver.version(model)
            turns = [media[start : start + TURN] for start in range(0, len(media), TURN)]

            async def recognised(turn: Sequence[Held]) -> Sequence[Predictions | Exception]:
                return await self._predictor.predict_together(version, turn, selection)

            async with aclosing(in_order(turns, recognised, ahead=TURNS)) as answers:
                return [_frame_or_error(answer) async for turn in answers for answer in turn]

    async def _result_or_error(self, query: Query) -> FrameResult | TaggerError:
        try:
            return await self._first(query)
        except TaggerError as error:
            return error

    async def _first(self, query: Query) -> FrameResult:
        version = await self._resolver.version(query.model)
        media = await self._frames.fetched(query.media)
        return FrameResult(0, await self._predictor.predict_first(version, media, query.selection, query.crop))


def _frame_or_error(answer: Predictions | Exception) -> FrameResult | TaggerError:
    if not isinstance(answer, Exception):
        return FrameResult(0, answer)
    if isinstance(answer, TaggerError):
        return answer
    log.error("a picture failed for a reason nobody foresaw", exc_info=answer)
    return TaggerError("internal error")
