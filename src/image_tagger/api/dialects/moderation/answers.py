"""Uploads through the engine, and what comes out of it as the clients read it."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeVar

from image_tagger.api.dialects.moderation.failures import NotAVideo, UnusableVideo
from image_tagger.api.dialects.moderation.parameters import Question
from image_tagger.domain.errors import InvalidMedia, MediaTooLarge
from image_tagger.domain.frames import MediaInfo, MediaKind
from image_tagger.domain.matching import Match, first_matches, matches_in
from image_tagger.domain.predictions import FrameResult
from image_tagger.domain.queries import Query, Upload
from image_tagger.domain.selection import Selection
from image_tagger.engine.recognizer import Recognizer
from image_tagger.engine.window import in_order

AHEAD = 4  # files and models of one request under way at a time; each has frames under way of its own
BEST = Selection(top=5)
Wire = list[dict[str, Any]]
A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class File:
    """An upload and what it holds."""

    upload: Upload
    info: MediaInfo

    @property
    def by_frame(self) -> bool:
        """Whether every frame counts; of other animations it is the first picture only."""
        return self.info.format == "gif" or self.info.kind is MediaKind.VIDEO


class Answers:
    """Answers requests with the engine. Every method raises what the recognizer raises."""

    def __init__(self, recognizer: Recognizer) -> None:
        self._recognizer = recognizer

    async def pictures(self, uploads: Iterable[Upload]) -> list[File]:
        """The uploads, each of which must be a picture or an animation."""
        return await _together(uploads, self._picture)

    async def video(self, upload: Upload) -> File:
        """The upload, which must be a video. Raises NotAVideo and UnusableVideo."""
        try:
            file = File(upload, await self._recognizer.describe(upload))
        except MediaTooLarge as error:
            raise UnusableVideo(str(error)) from error
        except InvalidMedia as error:
            raise NotAVideo(str(error)) from error
        if file.info.kind is not MediaKind.VIDEO:
            raise NotAVideo(f"the file is a {file.info.format} picture")
        return file

    async def best(self, files: Iterable[File], model: str) -> list[Any]:
        """For each file its best labels, largest score first; for a GIF such a list for each frame."""

        async def best_of(file: File) -> list[Any]:
            query = Query(file.upload, model, BEST)
            if file.by_frame:
                return [_labels(frame) for frame in await self._recognizer.all(query)]
            return _labels(await self._recognizer.first(query))

        return await _together(files, best_of)

    async def found(self, files: Sequence[File], question: Question) -> list[Any]:
        """For each file its matches; nested: a list with the matches of each model."""

        async def found_in(asked: tuple[File, str]) -> Wire:
            return await self._search(*asked, question)

        found = await _together(product(files, question.models), found_in)
        if not question.nested:
            return found
        models = question.models
        by_file = [found[at : at + len(models)] for at in range(0, len(found), len(models))]
        return [[{name: one} for name, one in zip(models, each, strict=True)] for each in by_file]

    async def found_in_video(self, file: File, question: Question) -> list[Any]:
        """As `found`, of one video, whose frames count from 1. Raises UnusableVideo."""
        try:
            (found,) = await self.found([file], question)
        except InvalidMedia as error:
            raise UnusableVideo(str(error)) from error
        return list(found)

    async def _picture(self, upload: Upload) -> File:
        file = File(upload, await self._recognizer.describe(upload))
        if file.info.kind is MediaKind.VIDEO:
            raise InvalidMedia("the file is a video")
        return file

    async def _search(self, file: File, model: str, question: Question) -> Wire:
        wanted = question.wanted
        least = wanted.least if 0 <= wanted.least <= 1 else 0.0  # beyond it, selecting and matching differ
        query = Query(file.upload, model, Selection(min_score=least), question.sampling(file.info))
        if not file.by_frame:
            frame = await self._recognizer.first(query)
            return [{"label": m.label, "score": m.score} for m in matches_in(frame, wanted.labels, wanted.least)]
        async with aclosing(self._recognizer.stream(query)) as frames:
            matches = await first_matches(frames, wanted)
        first = 1 if file.info.kind is MediaKind.VIDEO else 0
        return [_match(match, first) for match in matches]


async def _together(items: Iterable[A], work: Callable[[A], Awaitable[B]]) -> list[B]:
    async with aclosing(in_order(items, work, ahead=AHEAD)) as results:
        return [result async for result in results]


def _labels(frame: FrameResult) -> Wire:
    return [{"score": prediction.score, "label": prediction.label} for prediction in frame.predictions]


def _match(match: Match, first: int) -> dict[str, Any]:
    return {"frame": match.frame + first, "label": match.label, "score": match.score}
