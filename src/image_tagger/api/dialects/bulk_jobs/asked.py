"""What a request asks for: which pictures, and what of them."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fastapi import Request

from image_tagger.api.bodies import Bodies, aside
from image_tagger.api.bodies import chunks as pieces_of
from image_tagger.api.json_texts import parsed
from image_tagger.domain.errors import InvalidRequest, UnreachableMedia
from image_tagger.domain.jobs import NewItem, NewJob
from image_tagger.jobs import chunks
from image_tagger.jobs.tagging import ATTEMPTS, FOLDER, KIND, LIST, MANIFEST, S3, Order, Wanted
from image_tagger.media import manifests
from image_tagger.media.addresses import parse_url
from image_tagger.services import Services

MOST_BYTES = 16 * 1024 * 1024  # of a body of JSON; longer lists come as manifests
LINES = ("application/x-ndjson", "application/jsonl", "application/jsonlines", "application/x-jsonlines")
SOURCES = ("folder", "urls", "pictures", "manifest")
OPTIONS = ("model", "top", "min_confidence", "labels", "webhook")
TOP = 5
MOST_LABELS = 1000
WEBHOOK = "webhook"  # the kind of the job that follows


@dataclass(frozen=True, slots=True)
class Asked:
    """A job to add with its first items. listed_later: its first item will list the others."""

    job: NewJob
    items: Iterable[NewItem]
    listed_later: bool = False


@asynccontextmanager
async def read_asked(request: Request, services: Services) -> AsyncIterator[Asked]:
    """The job that a request asks for; its items can be taken until the context ends.

    Raises InvalidRequest, RequestTooLarge, NotAllowed, UnknownModel, Overloaded.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in LINES:
        options = _of_query(request)
        order = await _order(services, options, LIST)
        draft = services.spool.draft(most=services.settings.max_upload_bytes)
        try:
            async for piece in pieces_of(request, most=services.settings.max_upload_bytes):
                await draft.write(piece)
            content = (await draft.finish()).content
            await asyncio.to_thread(_check, content)
            yield await asyncio.to_thread(_listed, order, chunks.each(_names(content), order.chunk))
        finally:
            await draft.discard()
        return
    async with Bodies(services).read(request, most=MOST_BYTES) as text:
        size = len(text)
        body = await aside(size, _parsed, text)
        text.clear()
        yield await _of_body(body, size, services)


async def _of_body(body: Mapping[str, Any], size: int, services: Services) -> Asked:
    name = next(name for name in SOURCES if body.get(name) is not None)
    order = await _order(services, body, {"folder": FOLDER, "manifest": MANIFEST}.get(name, LIST))
    if order.source == LIST:
        names = await aside(size, _entries, body[name], name)
        return _listed(order, chunks.each(names, order.chunk))
    if not _text(body, name):
        raise InvalidRequest(f"{name} must not be empty")
    place = await asyncio.to_thread(services.bulk.roots.place, _text(body, name))
    if name == "manifest":
        order = replace(order, manifest=place, place=_folder_of(place), called=body[name])
    else:
        order = replace(order, place=place, called=body[name], recursive=_flag(body, "recursive"))
    return Asked(_job(order), [chunks.listing()], listed_later=True)


async def _order(services: Services, options: Mapping[str, Any], source: str) -> Order:
    model = _text(options, "model")
    version = await services.resolver.version(model)  # a wrong name is one error, not one per picture
    webhook = _webhook(options, services)
    top, least = options.get("top", TOP), options.get("min_confidence", 0.0)
    if not isinstance(top, int) or isinstance(top, bool):
        raise InvalidRequest("top must be a whole number")
    if not isinstance(least, int | float) or isinstance(least, bool):
        raise InvalidRequest("min_confidence must be a number")
    wanted = Wanted(top, least, labels=_labels(options.get("labels", [])))
    return Order(source, model=model, wanted=wanted, webhook=webhook).cut_for(version)


def _webhook(options: Mapping[str, Any], services: Services) -> str:
    webhook = _text(options, "webhook")
    if webhook and not services.bulk.secret:
        raise InvalidRequest("this server sends no messages: the setting webhook_secret is empty")
    try:
        return str(parse_url(webhook)) if webhook else ""
    except UnreachableMedia as error:
        raise InvalidRequest("webhook must be an http or https URL") from error


def _listed(order: Order, items: Iterator[NewItem]) -> Asked:
    first = next(items, None)
    if first is None:
        raise InvalidRequest("there are no pictures in the list")
    return Asked(_job(order), _with(first, items))


def _job(order: Order) -> NewJob:
    return NewJob(KIND, order.as_json(), attempts=ATTEMPTS, then=WEBHOOK if order.webhook else None)


def _with(first: NewItem, others: Iterator[NewItem]) -> Iterator[NewItem]:
    yield first
    yield from others


def _entries(value: Any, name: str) -> list[str]:
    if not isinstance(value, list):
        raise InvalidRequest(f"{name} must be a list")
    sources = [manifests.source_of(entry, f"entry {number} of {name}") for number, entry in enumerate(value, 1)]
    if name == "urls" and not all(source.lower().startswith(("http://", "https://")) for source in sources):
        raise InvalidRequest("urls must be http or https URLs")
    return sources


def _check(content: bytes | Path) -> None:
    for _ in _names(content):
        pass


def _names(content: bytes | Path) -> Iterator[str]:
    """The pictures of a manifest that is here. Raises InvalidRequest."""
    if isinstance(content, bytes):
        yield from _of_lines(content.split(b"\n"))
    else:
        with content.open("rb") as lines:
            yield from _of_lines(lines)


def _of_lines(lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if name := manifests.source_of_line(line, number):
            yield name


def _folder_of(manifest: str) -> str:
    if manifest.startswith(S3):
        return manifest.rpartition("/")[0]
    return str(Path(manifest).parent)


def _of_query(request: Request) -> dict[str, Any]:
    """Options of a request whose body is a manifest. Raises InvalidRequest."""
    query = request.query_params
    options: dict[str, Any] = {name: query[name] for name in ("model", "webhook") if name in query}
    options["labels"] = query.getlist("labels")
    try:
        options |= {"top": int(query["top"])} if "top" in query else {}
        options |= {"min_confidence": float(query["min_confidence"])} if "min_confidence" in query else {}
    except ValueError as error:
        raise InvalidRequest("top and min_confidence must be numbers") from error
    return options


def _parsed(text: bytearray) -> dict[str, Any]:
    """The fields of a body, of which exactly one says where the pictures are. Raises InvalidRequest."""
    try:
        value = parsed(text)
    except ValueError as error:
        raise InvalidRequest("the body is no JSON") from error
    if not isinstance(value, dict):
        raise InvalidRequest("the body must be a JSON object")
    if sum(value.get(name) is not None for name in SOURCES) != 1:
        raise InvalidRequest(f"exactly one of {', '.join(SOURCES)} must be given")
    if unknown := value.keys() - {*SOURCES, *OPTIONS, "recursive"}:
        raise InvalidRequest(f"there is no field {min(unknown)[:80]!r}")
    return value


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name) or ""
    if not isinstance(value, str):
        raise InvalidRequest(f"{name} must be a text")
    return value


def _flag(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name, True)
    if not isinstance(value, bool):
        raise InvalidRequest(f"{name} must be true or false")
    return value


def _labels(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_LABELS or not all(isinstance(one, str) for one in value):
        raise InvalidRequest(f"labels must be a list of at most {MOST_LABELS} texts")
    return tuple(value)
