"""What the doors of this dialect have in common: ids from paths, answers in JSON, the database in threads."""

import asyncio
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from image_tagger.domain.errors import InvalidRequest, UnknownResource

P = ParamSpec("P")
T = TypeVar("T")
LARGEST_ID = 2**63 - 1


def number_of(request: Request, kind: str) -> int:
    """The id in the path. Raises UnknownResource for what is no id."""
    text = str(request.path_params["id"])
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 19 else LARGEST_ID + 1
    if number > LARGEST_ID:
        raise UnknownResource(f"there is no {kind} {text[:40]!r}")
    return number


def name_of(request: Request) -> str:
    """The name in the path of something public. Raises UnknownResource for none, and for versions."""
    name = str(request.path_params["name"]).rstrip("/")
    if not name:  # elsewhere that means the default model
        raise UnknownResource("there is no such public model")
    if name.endswith("/versions"):
        raise UnknownResource("public models have no versions")
    return name


async def in_thread(work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """What a method of the registry answers; it blocks."""
    return await asyncio.to_thread(work, *args, **kwargs)


def answer(content: Any, status: int = 200) -> Response:
    """JSON."""
    return JSONResponse(content, status_code=status)


def nothing() -> Response:
    """Done, and there is nothing to say."""
    return Response(status_code=204)


def refuse_immutable(values: dict[str, Any], mutable: frozenset[str], known: frozenset[str]) -> None:
    """Raises InvalidRequest for a field that exists and cannot be changed."""
    if fixed := sorted((values.keys() & known) - mutable):
        raise InvalidRequest(f"{fixed[0]}: this field cannot be changed")
