"""The front door of the engine: a query in; one frame result, or a stream of them, out."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from image_tagger.domain.errors import TaggerError
from image_tagger.domain.frames import MediaInfo
from image_tagger.domain.predictions import FrameResult
from image_tagger.domain.queries import Media, Query
from image_tagger.engine.admission import Admission
from image_tagger.engine.frames import Frames
from image_tagger.engine.predictor import Predictor
from image_tagger.engine.window import as_they_come, in_order
from image_tagger.media.image import Frame
from image_tagger.models.preprocessing.preparing import needed_pixels
from image_tagger.models.resolve import Resolver

AHEAD = 8  # queries or frames of one caller under way: enough to hide waiting, too few to starve other callers


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

    async def _result_or_error(self, query: Query) -> FrameResult | TaggerError:
        try:
            return await self._first(query)
        except TaggerError as error:
            return error

    async def _first(self, query: Query) -> FrameResult:
        version = await self._resolver.version(query.model)
        media = await self._frames.fetched(query.media)
        return FrameResult(0, await self._predictor.predict_first(version, media, query.selection, query.crop))
