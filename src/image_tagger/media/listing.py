"""The files of a folder in one fixed order, so that a listing that was cut short goes on where it ended."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from image_tagger.domain.errors import InvalidRequest


@dataclass(slots=True)
class Listing:
    """Lists a folder; `closed` fills with the folders below that cannot be read, as they are met.

    suffixes: in lower case, of the files that are meant. Hidden files and folders are left out, and links to folders
    are not followed. inside: a folder without links in its name; links to files outside of it are left out.
    """

    folder: Path
    suffixes: frozenset[str]
    recursive: bool = True
    inside: Path | None = None
    closed: list[str] = field(default_factory=list)

    def files(self, after: str = "") -> Iterator[str]:
        """Names with `/` below the folder: of each folder its files and then its folders, each by name. Blocks.

        after: only what comes behind this name, which may be gone. Raises InvalidRequest for a folder that cannot be
        read.
        """
        try:
            os.scandir(self.folder).close()
        except OSError as error:
            raise InvalidRequest(f"the folder cannot be read: {error.strerror}") from error
        yield from self._below("", tuple(after.split("/")) if after else ())

    def _below(self, prefix: str, after: tuple[str, ...]) -> Iterator[str]:
        folders, files = self._entries(prefix)
        if len(after) < 2:
            yield from (prefix + name for name in files if not after or name > after[0])
            after = ()
        for name in folders:
            if not after or name >= after[0]:
                yield from self._below(f"{prefix}{name}/", after[1:] if after and name == after[0] else ())

    def _entries(self, prefix: str) -> tuple[list[str], list[str]]:
        """Names of folders and files directly in a folder, sorted."""
        folders, files = list[str](), list[str]()
        try:
            with os.scandir(self.folder / prefix) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.name)
                    elif self._is_meant(entry):
                        files.append(entry.name)
        except OSError:
            self.closed.append(prefix)
        return sorted(folders) if self.recursive else [], sorted(files)

    def _is_meant(self, entry: os.DirEntry[str]) -> bool:
        if os.path.splitext(entry.name)[1].lower() not in self.suffixes:  # noqa: PTH122 - ten times faster than a Path
            return False
        try:
            if not entry.is_symlink():
                return entry.is_file()
            return entry.is_file() and (self.inside is None or is_inside(entry.path, self.inside))
        except OSError:
            return False


def is_inside(path: str | Path, folder: Path) -> bool:
    """Whether a path leads into a folder when all links are followed; `folder` has none in its name. Blocks."""
    try:
        return Path(os.path.realpath(path)).is_relative_to(folder)
    except (OSError, ValueError):  # ValueError: a zero byte
        return False
