"""A batch of documents through the engine: the good ones treated, the others with their reason."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect

from image_tagger.api.dialects.process.documents import UNSUITABLE, Batch, Document
from image_tagger.domain.errors import InvalidMedia, TaggerError
from image_tagger.domain.labels import plain
from image_tagger.domain.predictions import FrameResult, Prediction
from image_tagger.domain.queries import Query
from image_tagger.domain.selection import Selection
from image_tagger.services import Services


@dataclass(frozen=True, slots=True)
class Outcome:
    """Documents with labels, and one `{id: reason}` for each of the others; both in the request's order."""

    treated: tuple[dict[str, Any], ...]
    refused: tuple[dict[str, str], ...]


async def tag(services: Services, batch: Batch, client_left: Callable[[], Awaitable[bool]]) -> Outcome:
    """Tag every document that has a picture. Raises what stops the engine as a whole, and ClientDisconnect."""
    classes = len(services.catalog.default.spec.labels)
    selection = Selection(top=min(max(batch.labels, 1), classes))
    queries = (Query(d.picture, selection=selection) for d in batch.documents if d.picture)
    treated: list[dict[str, Any]] = []
    refused: list[dict[str, str]] = []
    async with aclosing(services.recognizer.each(queries)) as results:
        for document in batch.documents:
            if await client_left():
                raise ClientDisconnect
            result = await anext(results) if document.picture else document.reason
            if isinstance(result, FrameResult):
                treated.append(_with_labels(document, result.predictions))
            else:
                refused.append({document.id: _reason(result)})
    return Outcome(tuple(treated), tuple(refused))


def _with_labels(document: Document, predictions: tuple[Prediction, ...]) -> dict[str, Any]:
    content = [{"label": plain(p.label), "probability": p.score} for p in predictions]
    return {**document.wire, "source": {**document.wire["source"], "content": content}}


def _reason(result: TaggerError | str) -> str:
    if isinstance(result, TaggerError):
        if not isinstance(result, InvalidMedia):  # not this document's fault: the request fails
            raise result
        return UNSUITABLE
    return result
