"""Bodies of requests, JSON or multipart, as one object whose leaves are JSON values and uploads."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from image_tagger.api.bodies import Bodies, aside
from image_tagger.api.dialects.recognition import parameters
from image_tagger.api.dialects.recognition.failures import UnsupportedBody
from image_tagger.api.dialects.recognition.flattening import unflattened
from image_tagger.api.dialects.recognition.parameters import M
from image_tagger.api.json_texts import parsed
from image_tagger.api.multipart import boundary_of
from image_tagger.api.uploads import Form, Part, Uploads
from image_tagger.domain.errors import InvalidRequest, RequestTooLarge
from image_tagger.domain.queries import Upload
from image_tagger.services import Services

JSON = "application/json"
MOST_TEXT = 16 * 1024 * 1024  # characters of all fields of a form


@dataclass(frozen=True, slots=True)
class Body:
    """The object that a request holds, and how many bytes of JSON, or characters of a form's fields, it is made of."""

    values: dict[str, Any]
    size: int
    of_form: bool = False

    async def read_as(self, model: type[M]) -> M:
        """The object as such a model. Raises InvalidRequest that names the first wrong fields."""
        return await aside(self.size, parameters.read, model, self.values, of_form=self.of_form)


class Reader:
    """Reads bodies within the server's budgets."""

    def __init__(self, services: Services) -> None:
        self._bodies = Bodies(services)
        self._uploads = Uploads(services)

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[Body]:
        """The body's object; its uploads exist until the context ends. An empty body is an empty object.

        Raises InvalidRequest, UnsupportedBody, RequestTooLarge and Overloaded.
        """
        if is_form(request):
            async with self.form(request) as form:
                yield await fields_of(form.parts)
            return
        async with self._bodies.read(request) as content:
            if content and content_type(request) != JSON:
                raise UnsupportedBody(f"the body must be {JSON} or multipart/form-data")
            body = Body(await aside(len(content), _object, content), len(content))
            content.clear()
            yield body

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


async def fields_of(parts: Iterable[Part]) -> Body:
    """The object that parts make: texts, but an Upload for the source of an input.

    Raises InvalidRequest, and RequestTooLarge for texts that are too much together.
    """
    leaves: list[tuple[str, str | Upload]] = []
    size = 0
    for part in parts:
        if _is_source(part.name):
            leaves.append((part.name, part.upload))
            continue
        text = await part.text()
        size += len(text)
        if size > MOST_TEXT:
            raise RequestTooLarge(f"the fields of the form are longer than {MOST_TEXT} characters together")
        leaves.append((part.name, text))
    return Body(unflattened(leaves), size, of_form=True)


def _is_source(name: str) -> bool:
    return name.startswith("inputs[") and name.endswith("source")


def _object(content: bytearray) -> dict[str, Any]:
    if not content.strip():
        return {}
    try:
        value = parsed(content)
    except ValueError as error:
        raise InvalidRequest("the body is no JSON that can be read") from error
    if not isinstance(value, dict):
        raise InvalidRequest("the body must be a JSON object")
    return value
