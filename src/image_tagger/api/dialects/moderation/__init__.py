"""Image & video classification: five multipart requests that name what is in pictures, GIFs and videos."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from image_tagger.api import auth, dialect
from image_tagger.api.dialects.moderation import description, parameters
from image_tagger.api.dialects.moderation.answers import Answers
from image_tagger.api.dialects.moderation.failures import render_error
from image_tagger.api.dialects.moderation.parameters import Named, P, Searching, question
from image_tagger.api.leaving import while_client_waits
from image_tagger.api.uploads import Uploads
from image_tagger.domain.queries import Upload
from image_tagger.services import Services

FILE, FILES = "file", "files"

PLACE = 2  # among the dialects


def routes(services: Services) -> APIRouter:
    """The routes of this dialect."""
    router = dialect.router(render_error, tag="Image & video classification")
    doors = _Doors(services)
    needed = auth.documented(services.settings)
    for path, answer, described in (
        ("image-classification", doors.image_classification, description.IMAGE),
        ("multi-image-classification", doors.multi_image_classification, description.IMAGES),
        ("image-query-classification", doors.image_query_classification, description.IMAGE_QUERY),
        ("multi-image-query-classification", doors.multi_image_query_classification, description.IMAGES_QUERY),
        ("video-classification", doors.video_classification, description.VIDEO_QUERY),
    ):
        router.post(f"/api/{path}", response_class=JSONResponse, dependencies=needed, **described)(answer)
    return router


class _Doors:
    """One method for each request."""

    def __init__(self, services: Services) -> None:
        self._settings = services.settings
        self._uploads = Uploads(services)
        self._answers = Answers(services.recognizer)

    async def image_classification(self, request: Request) -> Response:
        """Answer the best labels of a picture, at most five; of a GIF the best labels of every frame."""
        async with self._received(request, FILE, Named) as (given, files):
            (best,) = await while_client_waits(request, self._best(files[-1:], given))
            return JSONResponse(best)

    async def multi_image_classification(self, request: Request) -> Response:
        """Answer the best labels of each file under its number, counted from 0."""
        async with self._received(request, FILES, Named) as (given, files):
            return _numbered(await while_client_waits(request, self._best(files, given)))

    async def image_query_classification(self, request: Request) -> Response:
        """Answer which of the labels reach the score; of a GIF, in which frame each does first, counted from 0."""
        async with self._received(request, FILE, Searching) as (given, files):
            (found,) = await while_client_waits(request, self._found(files[-1:], given))
            return JSONResponse(found)

    async def multi_image_query_classification(self, request: Request) -> Response:
        """Answer which of the labels reach the score in each file, under its number, counted from 0."""
        async with self._received(request, FILES, Searching) as (given, files):
            return _numbered(await while_client_waits(request, self._found(files, given)))

    async def video_classification(self, request: Request) -> Response:
        """Answer in which frame of a video each of the labels first reaches the score, counted from 1."""
        async with self._received(request, FILE, Searching) as (given, files):
            return JSONResponse(await while_client_waits(request, self._found_in_video(files[-1], given)))

    @asynccontextmanager
    async def _received(
        self, request: Request, part: str, kind: type[P]
    ) -> AsyncIterator[tuple[P, tuple[Upload, ...]]]:
        async with self._uploads.read(request) as form:
            yield parameters.read(request.query_params, form, part, kind)

    async def _best(self, uploads: tuple[Upload, ...], given: Named) -> list[object]:
        model = given.model_name or self._settings.moderation_model
        return await self._answers.best(await self._answers.pictures(uploads), model)

    async def _found(self, uploads: tuple[Upload, ...], given: Searching) -> list[object]:
        files = await self._answers.pictures(uploads)
        return await self._answers.found(files, question(given, self._settings))

    async def _found_in_video(self, upload: Upload, given: Searching) -> list[object]:
        file = await self._answers.video(upload)
        return await self._answers.found_in_video(file, question(given, self._settings, of_video=True))


def _numbered(answers: list[object]) -> Response:
    return JSONResponse([{str(number): answer} for number, answer in enumerate(answers)])
