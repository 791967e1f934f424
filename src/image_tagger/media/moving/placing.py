"""A file goes into another folder: moved, copied or linked, in one step, and never over another file."""

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from image_tagger.domain.errors import TaggerError
from image_tagger.media.moving.folders import Folder, Identity, Place
from image_tagger.media.moving.names import candidates
from image_tagger.media.moving.renaming import link, rename

Announce = Callable[[str, Identity], None]  # the name that is tried next, and what will have it
REASONS = {
    errno.EXDEV: "the folder of its class is on another file system",
    errno.ENOTDIR: "where the folder of its class should be, there is a link or a file",
    errno.ELOOP: "where the folder of its class should be, there is a link or a file",
    errno.EPERM: "the file system does not allow it",
    errno.ENAMETOOLONG: "a name is too long for the file system",
}


class How(StrEnum):
    """What becomes of the file in the folder it came from, and what the other folder gets."""

    MOVE = "move"
    COPY = "copy"
    HARDLINK = "hardlink"
    SYMLINK = "symlink"


@dataclass(frozen=True, slots=True)
class Way:
    """From where to where, and how.

    mark: of this job; it tells its unfinished copies from those of others. beside: of a file that will stand beside
    this one, the end of its name: a name is free only where that one is, too.
    """

    source: Folder
    target: Folder
    how: How = How.MOVE
    mark: str = ""
    beside: str = ""


def silent(name: str, what: Identity) -> None:
    """Announce nothing."""
    del name, what


def place(way: Way, name: str, announce: Announce = silent, *, wanted: str = "") -> str | None:
    """Put a file into the target folder, under its own or the wanted name or the next free one; the name it got.

    None where the file is not in the source folder (any more). `announce` hears of every name before it is tried.
    Blocks. Raises TaggerError where it cannot be done; then the file is where it was.
    """
    with in_our_words("sorted"):
        if way.source.is_same(way.target):
            raise TaggerError("its class names the folder that the files come from")
        status = way.source.status_or_none(name)
        if status is None:
            return None
        if not stat.S_ISREG(status.st_mode):
            raise TaggerError("it is no plain file")
        try:
            return _placed(way, name, announce, wanted or name)
        except FileNotFoundError:
            if way.source.status_or_none(name) is None:  # another job was faster
                return None
            raise


@contextmanager
def in_our_words(what: str) -> Iterator[None]:
    """Errors of the system become TaggerErrors."""
    try:
        yield
    except OSError as error:
        reason = REASONS.get(error.errno or 0, error.strerror)
        raise TaggerError(f"the file cannot be {what}: {reason}") from error


def _placed(way: Way, name: str, announce: Announce, wanted: str) -> str:
    def named(what: Place) -> str:
        return _named(way, name, what, announce, wanted)

    if way.how in {How.MOVE, How.HARDLINK}:
        got = named(way.source.place(name))
    else:
        part = _part(way, name)
        try:
            _write_part(way, name, part)
            got = named(part)
        except BaseException:
            _remove(part)
            raise
    way.target.sync()
    if way.how is How.MOVE:
        way.source.sync()
    return got


def _named(way: Way, name: str, what: Place, announce: Announce, wanted: str) -> str:
    """Give the file, or the copy that has been made of it, the first name that is free."""
    identity = Identity.of(os.stat(what.path, dir_fd=what.folder, follow_symlinks=False))
    for candidate in candidates(wanted):
        taken = way.target.status_or_none(candidate)
        if taken is not None and taken.st_ino == identity.inode and _is_one_file(way, name, taken):
            if way.how is How.MOVE:  # left by a crash where renaming takes two steps, or a link of an earlier sort
                announce(candidate, identity)
                _remove(what)
            return candidate
        if taken is not None or (way.beside and way.target.status_or_none(candidate + way.beside) is not None):
            continue
        announce(candidate, identity)
        try:
            (link if way.how is How.HARDLINK else rename)(what, way.target.place(candidate))
        except FileExistsError:  # another was faster
            continue
        return candidate
    raise TaggerError("the folder of its class has too many files of this name")


def _is_one_file(way: Way, name: str, other: os.stat_result) -> bool:
    return os.path.samestat(way.source.status(name), other)


def _part(way: Way, name: str) -> Place:
    """Where a copy is made: for one file of one job always the same place, so that what a crash leaves is replaced."""
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
    return way.target.place(f".{way.mark}-{digest}.part")


def _write_part(way: Way, name: str, part: Place) -> None:
    _remove(part)
    if way.how is How.SYMLINK:
        os.symlink(os.path.relpath(way.source.path / name, way.target.path), part.path, dir_fd=part.folder)
        return
    with way.source.reading(name) as source, os.fdopen(_create(part), "wb") as target:
        shutil.copyfileobj(source, target, 1024 * 1024)
        target.flush()
        status = os.fstat(source.fileno())
        os.fsync(target.fileno())
    os.chmod(part.path, stat.S_IMODE(status.st_mode), dir_fd=part.folder)
    os.utime(part.path, ns=(status.st_atime_ns, status.st_mtime_ns), dir_fd=part.folder)


def _create(part: Place) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.open(part.path, flags, 0o600, dir_fd=part.folder)


def _remove(place: Place) -> None:
    try:
        os.unlink(place.path, dir_fd=place.folder)
    except FileNotFoundError:
        return
