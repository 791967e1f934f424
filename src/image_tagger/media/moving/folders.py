"""Folders that are not left: names are looked up in the open folder itself, and links below it are not followed."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

BY_DESCRIPTOR = os.open in os.supports_dir_fd and os.scandir in os.supports_fd  # not on Windows
DIRECTORY = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
NO_LINKS = getattr(os, "O_NOFOLLOW", 0)


@dataclass(frozen=True, slots=True)
class Place:
    """A name in a folder, as the functions of `os` take it: a path, and the descriptor that it starts from."""

    path: str
    folder: int | None


@dataclass(frozen=True, slots=True)
class Identity:
    """By which a file is known again under another name, as long as nobody has changed it. Times in nanoseconds."""

    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Identity":
        """The identity of a file that has this status."""
        return cls(status.st_ino, status.st_size, status.st_mtime_ns)


class Folder:
    """An open folder, a context. Every method raises OSError; all of them block."""

    def __init__(self, path: Path, descriptor: int | None) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def open(cls, path: Path) -> "Folder":
        """The folder that a path leads to, links followed: whoever names the path is trusted."""
        path = path.resolve(strict=True)
        if not BY_DESCRIPTOR:
            _refuse_other_than_folders(path)
        return cls(path, os.open(path, os.O_RDONLY | DIRECTORY) if BY_DESCRIPTOR else None)

    def within(self, name: str) -> "Folder":
        """The folder of this name in this one. A link is refused with NotADirectoryError, a path with ValueError."""
        place = self.place(name)
        if not BY_DESCRIPTOR:
            _refuse_other_than_folders(Path(place.path))
            return Folder(self.path / name, None)
        if not stat.S_ISDIR(self.status(name).st_mode):
            raise NotADirectoryError(name)
        return Folder(self.path / name, os.open(place.path, os.O_RDONLY | DIRECTORY | NO_LINKS, dir_fd=place.folder))

    def make(self, name: str) -> bool:
        """Make a folder in this one; false where there is something of this name."""
        place = self.place(name)
        try:
            os.mkdir(place.path, dir_fd=place.folder)
        except FileExistsError:
            return False
        return True

    def place(self, name: str) -> Place:
        """Where a name is in this folder. Raises ValueError for what is more than a name."""
        if not name or name in {os.curdir, os.pardir} or "/" in name or "\0" in name or (os.altsep or os.sep) in name:
            raise ValueError("a name in a folder has no parts")
        return Place(str(self.path / name) if self._descriptor is None else name, self._descriptor)

    def files(self) -> Iterator[str]:
        """The names of plain files in this folder, in no order; no links, no folders, no pipes."""
        with os.scandir(self.path if self._descriptor is None else self._descriptor) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    yield entry.name

    def reading(self, name: str) -> BufferedReader:
        """A file of this folder, open to be read."""
        place = self.place(name)
        return os.fdopen(os.open(place.path, os.O_RDONLY | getattr(os, "O_BINARY", 0), dir_fd=place.folder), "rb")

    def status(self, name: str) -> os.stat_result:
        """Of what has this name; of a link itself."""
        place = self.place(name)
        return os.stat(place.path, dir_fd=place.folder, follow_symlinks=False)

    def status_or_none(self, name: str) -> os.stat_result | None:
        """The same; None where nothing has this name."""
        try:
            return self.status(name)
        except FileNotFoundError:
            return None

    def is_same(self, other: "Folder") -> bool:
        """Whether both are one folder, however they are named."""
        return os.path.samestat(self.own_status(), other.own_status())

    def own_status(self) -> os.stat_result:
        """Of the folder itself."""
        return self.path.stat() if self._descriptor is None else os.fstat(self._descriptor)

    def sync(self) -> None:
        """Let what was named, moved and removed in it survive a power cut, where the system can do that."""
        if self._descriptor is not None:
            with suppress(OSError):  # some network file systems refuse; they keep their own promises
                os.fsync(self._descriptor)

    def close(self) -> None:
        """Close it."""
        if self._descriptor is not None:
            os.close(self._descriptor)

    def __enter__(self) -> "Folder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _refuse_other_than_folders(path: Path) -> None:
    if path.is_symlink() or not stat.S_ISDIR(path.lstat().st_mode):
        raise NotADirectoryError(path.name)
