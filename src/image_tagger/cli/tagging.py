"""What `image-tagger tag` does: every picture and film through the engine, its answer to standard output."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from image_tagger.cli.films import Asked, Film, tag_film
from image_tagger.cli.formats import Format
from image_tagger.cli.looking import Looked, Moving, each_looked_at, roomy
from image_tagger.cli.model_paths import with_model
from image_tagger.cli.output import standard_output, visible
from image_tagger.cli.pictures import Picture, find_pictures, looks_moving
from image_tagger.cli.progress import Progress
from image_tagger.cli.report import Result, rendering
from image_tagger.cli.reporting import Report
from image_tagger.cli.sidecars import Sidecars
from image_tagger.cli.wording import asked_for, said, wording_of
from image_tagger.domain.errors import InvalidRequest, TaggerError
from image_tagger.domain.frames import MediaInfo
from image_tagger.domain.predictions import FrameResult
from image_tagger.domain.queries import Media, Query
from image_tagger.domain.vocabulary import Vocabulary
from image_tagger.models.labels import read_vocabulary_file
from image_tagger.services import Services, wire
from image_tagger.settings import read_settings


@dataclass(frozen=True, slots=True)
class Manner:
    """How results are given: written in a form, in the words of a file, into sidecars, too."""

    form: Format
    vocabulary: Path | None = None
    xmp: bool = False


def tag_all(what: list[str], manner: Manner, asked: Asked, *, recursive: bool) -> int:
    """Tag everything that was named and answer how many pictures could not be tagged, or not to their end.

    Raises UnknownModel, ModelUnavailable, and InvalidRequest where nothing was found, or a setting or the vocabulary
    is wrong.
    """
    settings, model = with_model(roomy(read_settings()), asked.model)
    asked, services = replace(asked, model=model), wire(settings)
    file = manner.vocabulary or settings.vocabulary
    vocabulary = read_vocabulary_file(file) if file else None
    pictures = find_pictures(what, recursive=recursive, limit=settings.max_media_bytes)
    if not pictures:
        raise InvalidRequest("there are no pictures in what was named")
    return asyncio.run(_tag_in_words(services, pictures, manner, asked, vocabulary))


async def _tag_in_words(
    services: Services, pictures: list[Picture], manner: Manner, asked: Asked, vocabulary: Vocabulary | None
) -> int:
    async with services:
        version = await services.resolver.version(asked.model)  # a wrong name is one error, not one per picture
        wording = wording_of(vocabulary, version)
        sidecars = Sidecars(version, wording) if manner.xmp else None
        return await _tag(services, pictures, manner.form, replace(asked, wording=wording), sidecars)


async def _tag(
    services: Services, pictures: list[Picture], form: Format, asked: Asked, sidecars: Sidecars | None
) -> int:
    async def still(media: Media, _: MediaInfo) -> FrameResult:
        query = Query(media, asked.model, asked_for(asked.selection, asked.wording))
        seen = await services.recognizer.first(query)
        return replace(seen, predictions=said(seen.predictions, asked.selection, asked.wording))

    failed, times = 0, asked.sampling is not None or any(map(looks_moving, pictures))
    async with aclosing(each_looked_at(services, pictures, still)) as each:
        with Report(form, standard_output(), rendering(times=times)) as report, Progress(len(pictures)) as progress:
            async for looked in each:
                result = await _result(services, looked, asked, progress)
                if wrong := _wrong(result) or await _kept(looked.picture, result, sidecars):
                    failed += 1
                    progress.say(f"image-tagger: {visible(looked.picture.name)}: {wrong}")
                report.add(looked.picture.name, result)
                progress.advance()
    return failed


async def _kept(picture: Picture, result: Result, sidecars: Sidecars | None) -> str:
    """Put the labels into the picture's sidecar, where that is wanted; answer what went wrong."""
    try:
        if sidecars:
            await asyncio.to_thread(sidecars.write, picture, result)
    except TaggerError as error:
        return str(error)
    return ""


async def _result(services: Services, looked: Looked[FrameResult], asked: Asked, progress: Progress) -> Result:
    if not isinstance(looked.result, Moving):
        return looked.result
    film = looked.result
    with progress.film(looked.picture.name, film.info.seconds) as watch:
        try:
            return await tag_film(services.recognizer, film.media, film.info, asked, watch)
        except TaggerError as error:
            return error


def _wrong(result: Result) -> str:
    if isinstance(result, Film):
        return result.damage
    return str(result) if isinstance(result, TaggerError) else ""
