"""What `image-tagger tag` does: every picture through the engine, its answer to standard output."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from image_tagger.cli.pictures import Picture, find_pictures
from image_tagger.cli.progress import Progress
from image_tagger.cli.report import Format, Report, standard_output, visible
from image_tagger.domain.errors import InvalidRequest, TaggerError
from image_tagger.domain.predictions import FrameResult
from image_tagger.domain.queries import Query
from image_tagger.domain.selection import Selection
from image_tagger.services import Services, wire
from image_tagger.settings import read_settings

Result = FrameResult | TaggerError


def tag_all(what: list[str], form: Format, *, model: str, selection: Selection, recursive: bool) -> int:
    """Tag everything that was named and answer how many pictures could not be tagged.

    Raises UnknownModel, and InvalidRequest where nothing was found or a setting is wrong.
    """
    settings = read_settings()
    services = wire(settings)
    services.catalog.version(model)  # a wrong name is one error, not one per picture
    pictures = find_pictures(what, recursive=recursive, limit=settings.max_media_bytes)
    if not pictures:
        raise InvalidRequest("there are no pictures in what was named")
    return asyncio.run(_tag(services, pictures, form, model, selection))


async def _tag(services: Services, pictures: list[Picture], form: Format, model: str, selection: Selection) -> int:
    failed = 0
    async with services, aclosing(_results(services, pictures, model, selection)) as results:
        with Report(form, standard_output()) as report, Progress(len(pictures)) as progress:
            async for picture, result in results:
                if isinstance(result, TaggerError):
                    failed += 1
                    progress.say(f"image-tagger: {visible(picture.name)}: {result}")
                report.add(picture.name, result)
                progress.advance()
    return failed


async def _results(
    services: Services, pictures: list[Picture], model: str, selection: Selection
) -> AsyncGenerator[tuple[Picture, Result]]:
    """Every picture with its result, in order; what is not there is no work for the engine."""
    queries = (Query(p.media, model, selection) for p in pictures if not isinstance(p.media, TaggerError))
    async with aclosing(services.recognizer.each(queries)) as answers:
        for picture in pictures:
            yield picture, picture.media if isinstance(picture.media, TaggerError) else await anext(answers)
