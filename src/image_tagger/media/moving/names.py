"""Other names for a file whose own name is taken: `photo.jpg`, `photo (2).jpg`, `photo (3).jpg`."""

import os
from collections.abc import Iterator
from pathlib import PurePath

LONGEST = 255  # bytes of a name, as file systems have it
MOST = 10_000  # names that are tried


def candidates(name: str) -> Iterator[str]:
    """The name itself and others like it, none longer than file systems allow."""
    yield name
    stem, suffix = PurePath(name).stem, PurePath(name).suffix
    for number in range(2, MOST):
        yield _shortened(stem, f" ({number}){suffix}")


def _shortened(stem: str, end: str) -> str:
    while stem and len(os.fsencode(stem + end)) > LONGEST:
        stem = stem[:-1]
    return stem + end
