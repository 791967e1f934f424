"""Lists in pages: what the query asks for, and the answer with the addresses of the pages around it."""

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Request
from starlette.datastructures import URL

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.recognition import Listing, Page

DEFAULT_LIMIT = 100
LARGEST_LIMIT = 1000
R = TypeVar("R")


def asked(request: Request) -> Page:
    """`offset` and `limit`; a larger limit counts as the largest one. Raises InvalidRequest for what is no number."""
    limit = _whole(request, "limit", DEFAULT_LIMIT, least=1)
    return Page(_whole(request, "offset", 0, least=0), min(limit, LARGEST_LIMIT))


def answer(request: Request, listing: Listing[R], page: Page, render: Callable[[R], Any]) -> dict[str, Any]:
    """One page; the addresses carry every parameter on, and `prev`, which the client reads, is `previous`."""
    end = page.offset + page.limit
    following = _address(request, page, end) if end < listing.count else None
    before = _address(request, page, max(page.offset - page.limit, 0)) if page.offset else None
    return {
        "count": listing.count,
        "next": following,
        "previous": before,
        "prev": before,
        "results": [render(one) for one in listing.results],
    }


def page_of(everything: tuple[R, ...], page: Page) -> Listing[R]:
    """The part of a list that is in memory."""
    return Listing(len(everything), everything[page.offset : page.offset + page.limit])


def _whole(request: Request, name: str, default: int, *, least: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 18 and int(text) >= least):
        raise InvalidRequest(f"{name} must be a whole number of at least {least}")
    return int(text)


def _address(request: Request, page: Page, offset: int) -> str:
    """Absolute, on the host that the client used."""
    url: URL = request.url.include_query_params(offset=offset, limit=page.limit)
    return str(url)
