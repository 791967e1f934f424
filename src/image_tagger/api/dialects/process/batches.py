"""A batch of documents through the engine: the good ones treated, the others with their reason."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect

from image_tagger.api.dialects.process.documents import UNSUITABLE, Batch, Document
from image_tagger.domain.averages import Mean
from image_tagger.domain.errors import InvalidMedia, MissingExtra, TaggerError
from image_tagger.domain.frames import Evenly
from image_tagger.domain.labels import plain
from image_tagger.domain.predictions import FrameResult, Prediction
from image_tagger.domain.queries import Base64, Query
from image_tagger.domain.selection import Selection
from image_tagger.services import Services

FRAMES = 16  # of a film, spread evenly: a request of a thousand films must end, too

ClientLeft = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Documents with labels, and one `{id: reason}` for each of the others; both in the request's order."""

    treated: tuple[dict[str, Any], ...]
    refused: tuple[dict[str, str], ...]


async def tag(services: Services, batch: Batch, client_left: ClientLeft) -> Outcome:
    """Tag every document that has a picture or film. Raises what stops the engine as a whole, and ClientDisconnect."""
    classes = len(services.catalog.default.spec.labels)
    top = min(max(batch.labels, 1), classes)
    queries = (Query(d.media, selection=Selection(top)) for d in batch.documents if d.media and not d.film)
    treated: list[dict[str, Any]] = []
    refused: list[dict[str, str]] = []
    async with aclosing(services.recognizer.each(queries)) as pictures:
        for document in batch.documents:
            if document.media and await client_left():
                raise ClientDisconnect
            result: tuple[Prediction, ...] | TaggerError | str = document.reason
            if document.media and document.film:
                result = await _film(services, document.media, top, client_left)
            elif document.media:
                result = _predictions(await anext(pictures))
            if isinstance(result, tuple):
                treated.append(_with_labels(document, result))
            else:
                refused.append({document.id: _reason(result)})
    return Outcome(tuple(treated), tuple(refused))


async def _film(
    services: Services, media: Base64, top: int, client_left: ClientLeft
) -> tuple[Prediction, ...] | TaggerError:
    """The labels of a film: the best of the mean over its frames. One that is damaged anywhere is refused."""
    mean = Mean()
    try:
        async with aclosing(services.recognizer.stream(Query(media, sampling=Evenly(FRAMES)))) as frames:
            async for frame in frames:
                if await client_left():
                    raise ClientDisconnect
                mean.add(frame.predictions)
    except MissingExtra:  # of the library that reads films: not the batch's fault
        return InvalidMedia("films cannot be read here")
    except TaggerError as error:
        return error
    return mean.best(top)


def _predictions(result: FrameResult | TaggerError) -> tuple[Prediction, ...] | TaggerError:
    return result.predictions if isinstance(result, FrameResult) else result


def _with_labels(document: Document, predictions: tuple[Prediction, ...]) -> dict[str, Any]:
    content = [{"label": plain(p.label), "probability": p.score} for p in predictions]
    return {**document.wire, "source": {**document.wire["source"], "content": content}}


def _reason(result: TaggerError | str) -> str:
    if isinstance(result, TaggerError):
        if not isinstance(result, InvalidMedia):  # not this document's fault: the request fails
            raise result
        return UNSUITABLE
    return result
