"""Folders of networks: the uploaded files, kept by hash, laid out under the names that their formats want."""

import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from image_tagger.domain.errors import ModelUnavailable
from image_tagger.domain.recognition import NetworkFile
from image_tagger.models.platform.frameworks import place_of

Find = Callable[[str], Path]
ABANDONED_SECONDS = 24 * 3600.0  # after which a hidden folder was left by a process that ended


def lay_out(files: tuple[NetworkFile, ...], find: Find, folder: Path) -> Mapping[str, Path]:
    """The files of a network by name, in a folder that is made if it is not there yet, or not whole. Blocks.

    find: where the content of a hash is. The files are links to it where the disk can do that, else copies.
    Raises ModelUnavailable where a file is missing or the disk is full.
    """
    paths = {file.name: folder / place_of(file.name) for file in files}
    if not _whole(paths):
        fresh = _hidden(folder)
        try:
            _fill(files, find, fresh)
            if not _whole(paths):
                discard(folder)  # what a process left that was killed
                fresh.rename(folder)
        except OSError as error:
            if not _whole(paths):  # else another process was faster
                raise ModelUnavailable(f"the network's files cannot be laid out: {error.strerror}") from error
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return paths


def discard(folder: Path) -> None:
    """Remove a folder, first out of sight, then file by file: it is never seen with some of its files. Blocks."""
    hidden = _hidden(folder)
    with suppress(OSError):  # it is not there, or another process removes it
        folder.rename(hidden)
    shutil.rmtree(hidden, ignore_errors=True)


def sweep(folders: Path) -> None:
    """Remove what processes left that ended while they laid out or discarded a folder of these. Blocks."""
    for hidden in folders.glob(".*.*"):
        with suppress(OSError):  # another process was faster
            if hidden.stat().st_mtime < time.time() - ABANDONED_SECONDS:
                shutil.rmtree(hidden, ignore_errors=True)


def _hidden(folder: Path) -> Path:
    """A name beside it that nobody has."""
    return folder.with_name(f".{folder.name}.{uuid4().hex}")


def _whole(paths: Mapping[str, Path]) -> bool:
    return all(path.is_file() for path in paths.values())


def _fill(files: tuple[NetworkFile, ...], find: Find, folder: Path) -> None:
    folder.mkdir(parents=True)
    for file in files:
        target = folder / place_of(file.name)
        target.parent.mkdir(exist_ok=True)
        try:
            os.link(find(file.sha256), target)
        except OSError:  # another disk, or one without links
            shutil.copyfile(find(file.sha256), target)
