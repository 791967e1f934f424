"""What the user named on the command line -> pictures."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.queries import Media, Upload, Url
from image_tagger.media.suffixes import picture_suffixes

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture to tag; `name` is how the user knows it."""

    name: str
    media: Media


def find_pictures(what: list[str], *, recursive: bool, limit: int) -> list[Picture]:
    """All pictures, in the order they were named; folders give their pictures by suffix, in alphabetical order.

    Raises InvalidRequest for a path that is not there, and where standard input holds more than `limit` bytes.
    """
    return [picture for name in what for picture in _pictures(name, recursive=recursive, limit=limit)]


def _pictures(name: str, *, recursive: bool, limit: int) -> Iterator[Picture]:
    if name == STANDARD_INPUT:
        yield Picture(name, Upload(_standard_input(limit)))
    elif name.lower().startswith(("http://", "https://")):
        yield Picture(name, Url(name))
    elif (path := Path(name)).is_dir():
        yield from (Picture(str(file), Upload(file)) for file in _files(path, recursive=recursive))
    elif path.exists():
        yield Picture(name, Upload(path))
    else:
        raise InvalidRequest(f"there is no file, folder or URL {name!r}")


def _standard_input(limit: int) -> bytes:
    content = sys.stdin.buffer.read(limit + 1)
    if len(content) > limit:
        raise InvalidRequest(f"standard input holds more than {limit} bytes")
    return content


def _files(folder: Path, *, recursive: bool) -> Iterator[Path]:
    """Pictures of a folder; hidden files and folders are left out, links to folders are not followed."""
    suffixes = picture_suffixes()
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if recursive and not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in suffixes:
                yield Path(parent, name)
