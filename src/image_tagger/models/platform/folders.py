"""Folders of networks: the uploaded files, kept by hash, laid out under the names that their formats want."""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import uuid4

from image_tagger.domain.errors import ModelUnavailable
from image_tagger.domain.recognition import NetworkFile
from image_tagger.models.platform.frameworks import place_of

Find = Callable[[str], Path]


def lay_out(files: tuple[NetworkFile, ...], find: Find, folder: Path) -> Mapping[str, Path]:
    """The files of a network by name, in a folder that is made if it is not there yet. Blocks.

    find: where the content of a hash is. The files are links to it where the disk can do that, else copies.
    Raises ModelUnavailable where a file is missing or the disk is full.
    """
    if not folder.is_dir():
        fresh = folder.with_name(f".{folder.name}.{uuid4().hex}")
        try:
            _fill(files, find, fresh)
            fresh.rename(folder)
        except OSError as error:
            if not folder.is_dir():  # else another process was faster
                raise ModelUnavailable(f"the network's files cannot be laid out: {error.strerror}") from error
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return {file.name: folder / place_of(file.name) for file in files}


def _fill(files: tuple[NetworkFile, ...], find: Find, folder: Path) -> None:
    folder.mkdir(parents=True)
    for file in files:
        target = folder / place_of(file.name)
        target.parent.mkdir(exist_ok=True)
        try:
            os.link(find(file.sha256), target)
        except OSError:  # another disk, or one without links
            shutil.copyfile(find(file.sha256), target)
