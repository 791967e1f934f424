"""A sort is taken back, as its journal tells; what somebody has changed since stays as it is."""

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass

from image_tagger.domain.errors import TaggerError
from image_tagger.media.moving.folders import Folder, Identity
from image_tagger.media.moving.journal import Journal, Step, Story
from image_tagger.media.moving.placing import How
from image_tagger.media.moving.renaming import rename

CHANGED = "it has been changed, renamed or removed since"
TAKEN = "another file has its old name"
LAST = "the file that it was made from is gone, or has changed since"

Watch = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of taking back: how many files are as they were, and of the others why not."""

    files: int
    left: tuple[tuple[Step, str], ...]


def undo(journal: Journal, watch: Watch = lambda *_: None) -> Undone:
    """Take back all steps that were taken, the last one first, and remove folders that are empty then.

    It may be repeated after a crash. `watch` hears how many steps of how many are done. Blocks. Raises TaggerError
    where the folders cannot be opened, InvalidRequest for a file that is no journal.
    """
    story = journal.read()
    try:
        with Folder.open(story.heading.source) as source, Folder.open(story.heading.into) as into:
            answers = []
            for number, step in enumerate(reversed(story.steps), 1):
                answers.append((step, _take_back(step, source, into, story.heading.how)))
                watch(number, len(story.steps))
            _remove_empty(into, story)
            source.sync()
            into.sync()
    except OSError as error:
        raise TaggerError(f"the folders of the sort cannot be used: {error.strerror}") from error
    back = {step.file for step, answer in answers if answer == ""}
    left = {step.file: (step, answer) for step, answer in reversed(answers) if answer and step.file not in back}
    if not left:
        journal.undone()
    return Undone(len(back), tuple(left.values()))


def _take_back(step: Step, source: Folder, into: Folder, how: How) -> str | None:
    """Empty where the file is as it was, None where the step was not taken, else the reason."""
    original = source.status_or_none(step.file)
    is_there = original is not None and Identity.of(original) == step.what
    target = _opened(into, step.folder)
    if target is None:
        return None if how is not How.MOVE or is_there else CHANGED
    with target:
        status = target.status_or_none(step.name)
        if status is None or Identity.of(status) != step.what:
            return None if how is not How.MOVE or is_there else CHANGED
        if how is How.MOVE:
            return _move_back(step, source, target)
        if how is How.HARDLINK and not is_there:
            return LAST
        if how is How.COPY and not _is_copied(step, original, source, target):
            return LAST
        place = target.place(step.name)
        os.unlink(place.path, dir_fd=place.folder)
        return ""


def _is_copied(step: Step, original: os.stat_result | None, source: Folder, target: Folder) -> bool:
    """Whether the original still holds what was copied. Its time may have been rounded by another file system."""
    if original is None or not stat.S_ISREG(original.st_mode) or original.st_size != step.what.size:
        return False
    if original.st_mtime_ns == step.what.modified:
        return True
    with source.reading(step.file) as first, target.reading(step.name) as second:
        return hashlib.file_digest(first, "sha256").digest() == hashlib.file_digest(second, "sha256").digest()


def _move_back(step: Step, source: Folder, target: Folder) -> str:
    try:
        rename(target.place(step.name), source.place(step.file))
    except FileExistsError:
        if not os.path.samestat(source.status(step.file), target.status(step.name)):
            return TAKEN
        place = target.place(step.name)  # both names of one file: a crash in the middle of a move of two steps
        os.unlink(place.path, dir_fd=place.folder)
    return ""


def _opened(into: Folder, name: str) -> Folder | None:
    try:
        return into.within(name)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _remove_empty(into: Folder, story: Story) -> None:
    for name in story.folders:
        place = into.place(name)
        try:
            os.rmdir(place.path, dir_fd=place.folder)
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT, errno.ENOTDIR}:
                raise
