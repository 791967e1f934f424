"""What a request asks for: its key, and the classes of a job."""

import json
from pathlib import Path
from typing import Any

from fastapi import Request

from image_tagger.api.auth import is_one_of
from image_tagger.api.bodies import chunks
from image_tagger.domain.errors import InvalidRequest, TaggerError
from image_tagger.domain.sorting import Match, Rule
from image_tagger.jobs.sorting import Order

INPUT = "all"  # the folder that files come from
MOST_BYTES = 1024 * 1024  # of a body
MOST_CLASSES = 1000
MATCHES = (Match.SUBSTRING, Match.HIERARCHY)
BLANK = " \t"


class KeyRefused(TaggerError):
    """The request has no service key, or a wrong one."""


def check_key(request: Request, key: str) -> None:
    """Return where the request has the key. Raises KeyRefused; always, where there is no key to have."""
    given = request.headers.get("authorization")
    if given is None:
        raise KeyRefused("No service key supplied")
    if not is_one_of(given.encode("latin-1"), (key.encode(),) if key else ()):
        raise KeyRefused("Incorrect service key")


async def read_order(request: Request, folder: Path) -> Order:
    """The job that a request asks for, in an absolute folder. Raises InvalidRequest, RequestTooLarge."""
    if not _is_json(request.headers.get("content-type", "")):
        raise InvalidRequest("No categories defined")
    body = b"".join([chunk async for chunk in chunks(request, most=MOST_BYTES)])
    rule = _rule(_parsed(body))
    if any(one.casefold() == INPUT for one in rule.classes):
        raise InvalidRequest(f"{INPUT!r} cannot be a class, since it names the folder that the files come from")
    return Order(folder / INPUT, folder, rule)


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip(BLANK).lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:  # the former also of bytes that are no Unicode
        raise InvalidRequest("the body is no JSON") from error
    if not isinstance(value, dict):
        raise InvalidRequest("the body must be a JSON object")
    return value


def _rule(body: dict[str, Any]) -> Rule:
    classes = body.get("classes")
    if not isinstance(classes, list) or not all(isinstance(one, str) for one in classes):
        raise InvalidRequest("classes must be a list of strings")
    if len(classes) > MOST_CLASSES:
        raise InvalidRequest(f"there are more than {MOST_CLASSES} classes")
    match = body.get("match", Match.SUBSTRING)
    if match not in list(MATCHES):
        raise InvalidRequest(f"match must be one of {', '.join(MATCHES)}")
    return Rule(tuple(classes), Match(match))
