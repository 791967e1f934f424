"""What the user named on the command line -> pictures and films."""

import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from image_tagger.domain.errors import InvalidMedia, MediaTooLarge
from image_tagger.domain.queries import Media, Upload, Url
from image_tagger.media.suffixes import picture_suffixes

STANDARD_INPUT = "-"
VIDEOS = frozenset(
    {".3gp", ".avi", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mts", ".webm"}
)  # .ts is source code, too
MOVING = VIDEOS | {".gif", ".apng"}


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture or film; `name` is how the user knows it, `media` where it is or why it cannot be had."""

    name: str
    media: Media | InvalidMedia


def find_pictures(what: list[str], *, recursive: bool, limit: int) -> list[Picture]:
    """All pictures, in the order they were named; folders give their pictures by suffix, in alphabetical order.

    Standard input and pipes are read here, at most `limit` bytes of each.
    """
    return [picture for name in what for picture in _pictures(name, recursive=recursive, limit=limit)]


def looks_moving(picture: Picture) -> bool:
    """Whether its name is that of a film; what a file is, its content decides later."""
    return Path(picture.name).suffix.lower() in MOVING


def _pictures(name: str, *, recursive: bool, limit: int) -> Iterator[Picture]:
    if name == STANDARD_INPUT:
        yield Picture(name, _bounded(sys.stdin.buffer.read(limit + 1) if sys.stdin else b"", limit))
        return
    try:
        mode = Path(name).stat().st_mode
        media = _piped(Path(name), limit) if stat.S_ISFIFO(mode) else Upload(Path(name))
    except OSError as error:
        yield Picture(name, Url(name) if "://" in name else InvalidMedia(f"it cannot be opened: {error.strerror}"))
        return
    if stat.S_ISDIR(mode):
        yield from _in_folder(Path(name), recursive=recursive)
    else:
        yield Picture(name, media)


def _piped(pipe: Path, limit: int) -> Upload | InvalidMedia:
    """What a shell's `<(command)` gives; it can be read once, from front to back."""
    with pipe.open("rb") as stream:
        return _bounded(stream.read(limit + 1), limit)


def _bounded(content: bytes, limit: int) -> Upload | InvalidMedia:
    """A cut film would be taken for a damaged one."""
    if len(content) > limit:
        return MediaTooLarge(f"the pipe holds more bytes than are read from one; at most {limit} are accepted")
    return Upload(content)


def _in_folder(folder: Path, *, recursive: bool) -> Iterator[Picture]:
    """Pictures and films of a folder; hidden files and folders are left out, links to folders are not followed.

    Folders that cannot be read come last, so that they are reported.
    """
    suffixes, closed = picture_suffixes() | VIDEOS, list[OSError]()
    for parent, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = sorted(name for name in folders if recursive and not name.startswith("."))
        for file in (Path(parent, name) for name in sorted(names) if not name.startswith(".")):
            if file.suffix.lower() in suffixes and not _is_pipe(file):
                yield Picture(str(file), Upload(file))
    for error in closed:
        yield Picture(str(error.filename), InvalidMedia(f"the folder cannot be read: {error.strerror}"))


def _is_pipe(file: Path) -> bool:
    """Whether reading could wait for ever, since nobody may ever write."""
    try:
        return stat.S_ISFIFO(file.stat().st_mode)
    except OSError:  # the engine says why it cannot be opened
        return False
