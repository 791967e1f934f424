"""The journals of sorts: where they are, and that only one process at a time works on one."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from image_tagger.domain.errors import InvalidRequest, TaggerError
from image_tagger.media.locks import FileLock
from image_tagger.media.moving import Journal
from image_tagger.settings import Settings

FOLDER = "sorts"  # in the data directory
SUFFIX = ".jsonl"
LAST = "last"


def new_journal(settings: Settings) -> Journal:
    """A journal that nobody has; its name begins with the time, so that the latest one is the last of all."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return Journal(_folder(settings) / f"{moment}-{secrets.token_hex(3)}{SUFFIX}")


def find_journal(settings: Settings, named: str) -> Journal:
    """The journal in a file, or the last one of which something can be undone. Raises InvalidRequest for none."""
    if named != LAST:
        if not Path(named).is_file():
            raise InvalidRequest("there is no such journal")
        return Journal(Path(named).absolute())
    files = sorted(_folder(settings).glob(f"*{SUFFIX}"), reverse=True)
    found = next(filter(_has_steps, map(Journal, files)), None)
    if found is None:
        raise InvalidRequest("there is no sort that could be undone")
    return found


def queue_of(journal: Journal) -> str:
    """The queue of its job: no server works on that."""
    return f"sort {journal.file.stem}"


@contextmanager
def held(journal: Journal) -> Iterator[None]:
    """Nobody else works on this sort meanwhile. Raises InvalidRequest where somebody does.

    Raises TaggerError where the folder of the journals cannot be written.
    """
    file = journal.file.with_suffix(".lock")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock.take(file, wait=False)
    except OSError as error:
        raise TaggerError(f"the folder of the journals cannot be written: {error.strerror}") from error
    if lock is None:
        raise InvalidRequest("this sort is being worked on")
    with lock:
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


def _has_steps(journal: Journal) -> bool:
    try:
        story = journal.read()
    except InvalidRequest:  # cut short before it began
        return False
    return bool(story.steps) and not story.undone


def _folder(settings: Settings) -> Path:
    return settings.data_dir.absolute() / FOLDER
