"""The items of a job that tags: one that lists, chunks of pictures, and single pictures that a chunk could not tag."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from image_tagger.domain.jobs import Item, NewItem
from image_tagger.jobs.tagging import CHUNK

LISTING = "listing"  # the key of the item that lists
SINGLE = "single "  # what keys of single pictures begin with; a chunk has no key


def listing() -> NewItem:
    """The item that lists a folder or reads a manifest and adds the chunks."""
    return NewItem({"names": []}, LISTING)


def single(name: str, number: int) -> NewItem:
    """A picture that is tried by itself; `number` is its place in the job."""
    return NewItem({"names": [name], "number": number}, f"{SINGLE}{number}")


def key_of_single(number: int) -> str:
    """The key of the picture with this number."""
    return f"{SINGLE}{number}"


def first_number(item: Item) -> int:
    """The number of the first picture of a chunk, or of a single one."""
    return int(item.payload.get("number", item.payload.get("first", 0)))


def each(names: Iterable[str], size: int = CHUNK) -> Iterator[NewItem]:
    """Chunks of pictures that are known already."""
    rest, first = iter(names), 0
    while some := list(islice(rest, size)):
        yield _chunk(some, first, "")
        first += len(some)


async def chunks_of(listed: AsyncIterable[tuple[str, str]], first: int, size: int) -> AsyncIterator[NewItem]:
    """Chunks of pictures as they are listed: names, each with the mark behind which a listing goes on."""
    names, mark = list[str](), ""
    async for name, mark in listed:
        names.append(name)
        if len(names) == size:
            yield _chunk(names, first, mark)
            first, names = first + size, []
    if names:
        yield _chunk(names, first, mark)


def _chunk(names: Sequence[str], first: int, mark: str) -> NewItem:
    payload: dict[str, Any] = {"names": [*names], "first": first}
    return NewItem(payload | ({"mark": mark} if mark else {}))
