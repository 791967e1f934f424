"""Every named file looked at: what it holds, and of a still what is wanted of it at once, several at a time."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, TypeVar

from image_tagger.cli.pictures import Picture
from image_tagger.domain.errors import TaggerError
from image_tagger.domain.frames import MediaInfo, MediaKind
from image_tagger.domain.queries import Media, Upload, Url
from image_tagger.engine.window import in_order
from image_tagger.services import Services
from image_tagger.settings import Settings

AHEAD = 8  # files looked at together

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Moving:
    """A film, an animation or pages, whose frames are still to be looked at."""

    media: Media
    info: MediaInfo


@dataclass(frozen=True, slots=True)
class Looked(Generic[A]):
    """A file and what came of it."""

    picture: Picture
    result: A | Moving | TaggerError


def roomy(settings: Settings) -> Settings:
    """The settings of a program that has no other callers: nobody is turned away, and a model is waited for."""
    queue_length = max(settings.queue_length, 2 * AHEAD)
    return settings.model_copy(update={"queue_length": queue_length, "pull_wait_seconds": settings.pull_seconds})


async def each_looked_at(
    services: Services, pictures: list[Picture], still: Callable[[Media, MediaInfo], Awaitable[A]]
) -> AsyncGenerator[Looked[A]]:
    """Every file in order, stills with their answer; films wait for the reader, who has one at a time."""

    async def look(picture: Picture) -> Looked[A]:
        try:
            return Looked(picture, await _answer(services, picture, still))
        except TaggerError as error:
            return Looked(picture, error)

    async with aclosing(in_order(pictures, look, ahead=AHEAD)) as looked_at:
        async for looked in looked_at:
            yield looked


async def _answer(
    services: Services, picture: Picture, still: Callable[[Media, MediaInfo], Awaitable[A]]
) -> A | Moving:
    media = picture.media
    if isinstance(media, TaggerError):
        raise media
    if isinstance(media, Url):  # once, though it is looked at twice
        media = Upload(await services.fetcher.fetch(media.address))
    info = await services.recognizer.describe(media)
    return await still(media, info) if info.kind is MediaKind.STILL else Moving(media, info)
