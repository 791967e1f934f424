"""Bodies of requests, JSON or multipart, as one object whose leaves are JSON values and uploads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Request

from image_tagger.api.bodies import Bodies
from image_tagger.api.dialects.recognition.failures import UnsupportedBody
from image_tagger.api.dialects.recognition.flattening import unflattened
from image_tagger.api.json_texts import parsed
from image_tagger.api.multipart import boundary_of
from image_tagger.api.uploads import Form, Part, Uploads
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.queries import Upload
from image_tagger.services import Services

JSON = "application/json"


class Reader:
    """Reads bodies within the server's budgets."""

    def __init__(self, services: Services) -> None:
        settings = services.settings
        self._bodies = Bodies(one=settings.max_body_bytes, all_together=settings.max_bodies_bytes)
        self._uploads = Uploads(services)

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[dict[str, Any]]:
        """The body's object; its uploads exist until the context ends. An empty body is an empty object.

        A field of a form is a text, but a `source` of which no text can be made is an Upload.
        Raises InvalidRequest, UnsupportedBody, RequestTooLarge and Overloaded.
        """
        if is_form(request):
            async with self.form(request) as form:
                yield unflattened((part.name, _value(part)) for part in form.parts)
            return
        async with self._bodies.read(request) as body:
            if body and content_type(request) != JSON:
                raise UnsupportedBody(f"the body must be {JSON} or multipart/form-data")
            yield _object(bytes(body)) if body.strip() else {}

    @asynccontextmanager
    async def form(self, request: Request) -> AsyncIterator[Form]:
        """The parts of a multipart body as they are."""
        async with self._uploads.read(request) as form:
            yield form


def is_form(request: Request) -> bool:
    """Whether the body is multipart. Raises InvalidRequest for a multipart body without a boundary."""
    return boundary_of(request.headers.get("content-type", "")) is not None


def content_type(request: Request) -> str:
    """The type of the body in lower case, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def text_of(part: Part) -> str:
    """The content of a part. Raises InvalidRequest for what is no text."""
    return Form((part,)).text(part.name) or ""


def _value(part: Part) -> str | Upload:
    return part.upload if part.name.endswith("source") else text_of(part)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = parsed(body)
    except ValueError as error:
        raise InvalidRequest("the body is no JSON that can be read") from error
    if not isinstance(value, dict):
        raise InvalidRequest("the body must be a JSON object")
    return value
