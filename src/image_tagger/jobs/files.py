"""Files of a chunk: whether they have changed, and their bytes and hashes. Everything here blocks."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from image_tagger.domain.errors import InvalidMedia, NotAllowed, TaggerError
from image_tagger.media.roots import Roots

IN_MEMORY = 256 * 1024  # bytes of a file that is read once and kept until it is decoded; larger ones are read again


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is. origin: its place, hashed: 32 hexadecimal digits. modified: nanoseconds since 1970."""

    path: Path
    origin: str
    size: int
    modified: int


@dataclass(frozen=True, slots=True)
class Content:
    """A file's bytes, or for a large one where they are, and their hash."""

    media: bytes | Path
    sha256: str


def found(path: Path, roots: Roots | None) -> File | TaggerError:
    """A file, or why it cannot be had. With `roots`, it must be in one of them when all links are followed."""
    try:
        if roots is not None and roots.inside(path) is None:
            return NotAllowed("the file is in no folder that is open to jobs")
        status = path.stat()
    except (OSError, ValueError) as error:
        return _gone(error)
    if not stat.S_ISREG(status.st_mode):  # a pipe would never end
        return InvalidMedia("it is no plain file")
    return File(path, origin_of(os.fsencode(path)), status.st_size, status.st_mtime_ns)


def content(file: File) -> Content | TaggerError:
    """What a file holds, or why it cannot be read."""
    try:
        with file.path.open("rb", buffering=0) as opened:
            if file.size > IN_MEMORY:
                return Content(file.path, hashlib.file_digest(opened, "sha256").hexdigest())
            read = opened.read()
    except OSError as error:
        return _gone(error)
    return Content(read, hashlib.sha256(read).hexdigest())


def origin_of(place: bytes) -> str:
    """A place, hashed; its folder comes first, so that what is in one folder lies together where this is the order."""
    folder = place.rpartition(b"/")[0]
    return hashlib.sha256(folder).hexdigest()[:8] + hashlib.sha256(place).hexdigest()[:24]


def _gone(error: Exception) -> TaggerError:
    return InvalidMedia(f"the file cannot be opened: {getattr(error, 'strerror', None) or 'it has no such name'}")
