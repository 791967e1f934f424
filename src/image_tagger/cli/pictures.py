"""What the user named on the command line -> pictures."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from image_tagger.domain.errors import InvalidMedia
from image_tagger.domain.queries import Media, Upload, Url
from image_tagger.media.suffixes import picture_suffixes

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture to tag; `name` is how the user knows it, `media` where it is or why it cannot be had."""

    name: str
    media: Media | InvalidMedia


def find_pictures(what: list[str], *, recursive: bool, limit: int) -> list[Picture]:
    """All pictures, in the order they were named; folders give their pictures by suffix, in alphabetical order.

    Standard input and pipes are read here, `limit` bytes and one more, by which the engine knows what is too large.
    """
    return [picture for name in what for picture in _pictures(name, recursive=recursive, limit=limit)]


def _pictures(name: str, *, recursive: bool, limit: int) -> Iterator[Picture]:
    path = Path(name)
    if name == STANDARD_INPUT:
        yield Picture(name, Upload(_piped(sys.stdin.buffer, limit) if sys.stdin else b""))
    elif path.is_dir():
        yield from _in_folder(path, recursive=recursive)
    elif path.is_fifo():  # a shell's `<(command)`: can be read once, from front to back
        with path.open("rb") as pipe:
            yield Picture(name, Upload(_piped(pipe, limit)))
    elif path.exists():
        yield Picture(name, Upload(path))
    elif "://" in name:
        yield Picture(name, Url(name))
    else:
        yield Picture(name, InvalidMedia("there is no such file or folder"))


def _piped(stream: IO[bytes], limit: int) -> bytes:
    return stream.read(limit + 1)


def _in_folder(folder: Path, *, recursive: bool) -> Iterator[Picture]:
    """Pictures of a folder; hidden files and folders are left out, links to folders are not followed.

    Folders that cannot be read come last, so that they are reported.
    """
    suffixes, closed = picture_suffixes(), list[OSError]()
    for parent, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = sorted(name for name in folders if recursive and not name.startswith("."))
        for file in (Path(parent, name) for name in sorted(names) if not name.startswith(".")):
            if file.suffix.lower() in suffixes and not file.is_fifo():  # nobody may ever write into a pipe
                yield Picture(str(file), Upload(file))
    for error in closed:
        yield Picture(str(error.filename), InvalidMedia(f"the folder cannot be read: {error.strerror}"))
