"""What `image-tagger detect` does: every picture and film through the engine, boxes drawn and reported."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass

from image_tagger.cli.detection_report import RENDERING, Detected, Result
from image_tagger.cli.drawings import Drawings
from image_tagger.cli.formats import Format
from image_tagger.cli.looking import Looked, Moving, each_looked_at, roomy
from image_tagger.cli.model_paths import with_model
from image_tagger.cli.output import standard_output, visible
from image_tagger.cli.pictures import Picture, find_pictures
from image_tagger.cli.progress import Progress
from image_tagger.cli.reporting import Report
from image_tagger.domain.errors import InvalidRequest, TaggerError, TruncatedMedia
from image_tagger.domain.frames import MediaInfo, Sampling
from image_tagger.domain.predictions import FrameResult
from image_tagger.domain.queries import Media, Query
from image_tagger.domain.sampling import chosen_sampling
from image_tagger.domain.selection import Selection
from image_tagger.engine.moderation import Watch
from image_tagger.models.loaded import postprocessing_of
from image_tagger.services import Services, wire
from image_tagger.settings import read_settings


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options say. min_confidence None: the model's own thresholds; sampling None: what fits the film."""

    model: str
    min_confidence: float | None = None
    top: int | None = None
    sampling: Sampling | None = None

    @property
    def selection(self) -> Selection:
        """Which predictions count."""
        return Selection(self.top, self.min_confidence or 0.0, sure=self.min_confidence is None)


def detect_all(what: list[str], form: Format, asked: Asked, drawings: Drawings | None, *, recursive: bool) -> int:
    """Detect on everything that was named and answer how many pictures could not be read to their end, or not drawn.

    Raises UnknownModel, ModelUnavailable, and InvalidRequest where nothing was found, the model finds no boxes, or an
    option or setting is wrong.
    """
    settings, model = with_model(roomy(read_settings()), asked.model)
    services = wire(settings)
    pictures = find_pictures(what, recursive=recursive, limit=settings.max_media_bytes)
    if not pictures:
        raise InvalidRequest("there are no pictures in what was named")
    return asyncio.run(_Run(services, asked, model, drawings).all(pictures, form))


@dataclass(frozen=True, slots=True)
class _Run:
    services: Services
    asked: Asked
    model: str
    drawings: Drawings | None

    async def all(self, pictures: list[Picture], form: Format) -> int:
        failed = 0
        async with self.services as services, aclosing(each_looked_at(services, pictures, self._still)) as each:
            await self._check(pictures)
            with Report(form, standard_output(), RENDERING) as report, Progress(len(pictures)) as progress:
                async for looked in each:
                    result, wrong = await self._finished(looked, progress)
                    if wrong:
                        failed += 1
                        progress.say(f"image-tagger: {visible(looked.picture.name)}: {wrong}")
                    report.add(looked.picture.name, result)
                    progress.advance()
        return failed

    async def _check(self, pictures: list[Picture]) -> None:
        """What is wrong with the command is one error, not one for every picture."""
        version = await self.services.resolver.version(self.model)
        if not getattr(postprocessing_of(version.spec), "LOCATES", False):
            raise InvalidRequest(f"the model {version.name!r} finds no boxes; --model names one that does")
        if self.drawings is not None:
            self.drawings.check(pictures)

    async def _still(self, media: Media, info: MediaInfo) -> Detected:
        result = await self.services.recognizer.first(Query(media, self.model, self.asked.selection))
        return Detected(media, info.size, (result,))

    async def _finished(self, looked: Looked[Detected], progress: Progress) -> tuple[Result, str]:
        """What is reported of a picture, drawn by now, and what went wrong with it."""
        result: Result
        try:
            if isinstance(looked.result, Moving):
                with progress.film(looked.picture.name, looked.result.info.seconds) as watch:
                    result = await self._film(looked.result, watch)
            else:
                result = looked.result
        except TaggerError as error:
            result = error
        if isinstance(result, TaggerError):
            return result, str(result)
        return result, await self._drawn(looked.picture, result) or result.damage

    async def _drawn(self, picture: Picture, result: Detected) -> str:
        """Draws, where that is wanted; why it could not be drawn."""
        try:
            if self.drawings is not None:
                await self.drawings.draw(self.services, picture, result)
        except TaggerError as error:
            return str(error)
        return ""

    async def _film(self, film: Moving, watch: Watch) -> Detected:
        sampling, found, damage = chosen_sampling(self.asked.sampling, film.info), list[FrameResult](), ""
        query = Query(film.media, self.model, self.asked.selection, sampling)
        try:
            async with aclosing(self.services.recognizer.stream(query)) as frames:
                async for frame in frames:
                    found.append(frame)
                    watch(frame.seconds)
        except TruncatedMedia as error:
            if not found:
                raise
            damage = str(error)
        size, timed = film.info.size, film.info.seconds != 0
        return Detected(film.media, size, tuple(found), film=True, timed=timed, sampling=sampling, damage=damage)
