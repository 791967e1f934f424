"""What `image-tagger tag` does: every picture and film through the engine, its answer to standard output."""

import asyncio
from contextlib import aclosing

from image_tagger.cli.films import Asked, Film, tag_film
from image_tagger.cli.formats import Format
from image_tagger.cli.looking import Looked, Moving, each_looked_at, roomy
from image_tagger.cli.output import standard_output, visible
from image_tagger.cli.pictures import Picture, find_pictures, looks_moving
from image_tagger.cli.progress import Progress
from image_tagger.cli.report import Report, Result
from image_tagger.domain.errors import InvalidRequest, TaggerError
from image_tagger.domain.frames import MediaInfo
from image_tagger.domain.predictions import FrameResult
from image_tagger.domain.queries import Media, Query
from image_tagger.services import Services, wire
from image_tagger.settings import read_settings


def tag_all(what: list[str], form: Format, asked: Asked, *, recursive: bool) -> int:
    """Tag everything that was named and answer how many pictures could not be tagged, or not to their end.

    Raises UnknownModel, ModelUnavailable, and InvalidRequest where nothing was found or a setting is wrong.
    """
    settings = roomy(read_settings())
    services = wire(settings)
    pictures = find_pictures(what, recursive=recursive, limit=settings.max_media_bytes)
    if not pictures:
        raise InvalidRequest("there are no pictures in what was named")
    return asyncio.run(_tag(services, pictures, form, asked))


async def _tag(services: Services, pictures: list[Picture], form: Format, asked: Asked) -> int:
    async def still(media: Media, _: MediaInfo) -> FrameResult:
        return await services.recognizer.first(Query(media, asked.model, asked.selection))

    failed, times = 0, asked.sampling is not None or any(map(looks_moving, pictures))
    async with services, aclosing(each_looked_at(services, pictures, still)) as each:
        await services.resolver.version(asked.model)  # a wrong name is one error, not one per picture
        with Report(form, standard_output(), times=times) as report, Progress(len(pictures)) as progress:
            async for looked in each:
                result = await _result(services, looked, asked, progress)
                if wrong := _wrong(result):
                    failed += 1
                    progress.say(f"image-tagger: {visible(looked.picture.name)}: {wrong}")
                report.add(looked.picture.name, result)
                progress.advance()
    return failed


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
