"""Paths of this dialect: both spellings, and its own words for methods and paths that it does not have."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from image_tagger.api.dialects.recognition.access import Endpoint
from image_tagger.api.dialects.recognition.failures import MethodNotAllowed
from image_tagger.domain.errors import UnknownResource

ROOT = "/v0.7"
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
Methods = dict[str, Endpoint]
Described = Mapping[tuple[str, str], dict[str, Any]]


def add_path(router: APIRouter, path: str, methods: Methods, described: Described, dependencies: list[Any]) -> None:
    """Let a path be answered, documented in the spelling that clients use."""
    for method, endpoint in methods.items():
        words = described.get((method, path), {})
        router.add_api_route(f"{ROOT}{path}", endpoint, methods=[method], dependencies=dependencies, **words)
        router.add_api_route(f"{ROOT}{path}/", endpoint, methods=[method], include_in_schema=False)
    others = sorted(METHODS - methods.keys())
    for spelling in (path, f"{path}/"):
        router.add_api_route(
            f"{ROOT}{spelling}", _not_allowed(tuple(sorted(methods))), methods=others, include_in_schema=False
        )


def add_rest(router: APIRouter) -> None:
    """Let every other path below the root be unknown in this dialect's words."""
    for spelling in (ROOT, f"{ROOT}/{{rest:path}}"):
        router.add_api_route(spelling, _unknown, methods=sorted(METHODS), include_in_schema=False)


def _not_allowed(allowed: tuple[str, ...]) -> Endpoint:
    async def refuse(request: Request) -> Response:
        raise MethodNotAllowed(allowed, request.url.path)

    return refuse


async def _unknown(request: Request) -> Response:
    raise UnknownResource(f"there is nothing at {request.url.path[:200]}")
