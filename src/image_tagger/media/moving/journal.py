"""The journal of a sort: one line of JSON for each step, written before the step is taken, so that it can be undone."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from image_tagger.domain.errors import InvalidRequest, TaggerError
from image_tagger.media.moving.folders import Identity
from image_tagger.media.moving.placing import How

FORM = 1  # of the lines; another number is another form


@dataclass(frozen=True, slots=True)
class Heading:
    """What the steps of a journal have in common: from which folder into the folders of which, and how."""

    source: Path
    into: Path
    how: How


@dataclass(frozen=True, slots=True)
class Step:
    """A file, as it was named, is about to have a name in the folder of its class; `what` is by then known by that."""

    file: str
    folder: str
    name: str
    what: Identity


@dataclass(frozen=True, slots=True)
class Story:
    """All that a journal says. Of one file there may be several steps, of which the last one may have been taken."""

    heading: Heading
    steps: tuple[Step, ...]
    folders: tuple[str, ...]  # that the sort has made
    undone: bool


class Journal:
    """A journal in a file. Every method blocks and raises TaggerError where the file cannot be used.

    Several threads may write at a time. A line that a crash has torn is passed over: its step was not taken.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    def begin(self, heading: Heading) -> None:
        """Write the heading; where there is a journal already, nothing."""
        with _in_our_words():
            self.file.parent.mkdir(parents=True, exist_ok=True)
            if self.file.exists() and self.file.stat().st_size:
                return
        source, into = str(heading.source), str(heading.into)
        self._append({"sort": FORM, "source": source, "into": into, "how": heading.how, "begun": _now()})

    def folder(self, name: str) -> None:
        """A folder is about to be made."""
        self._append({"folder": name})

    def step(self, step: Step) -> None:
        """A step is about to be taken."""
        self._append({"file": step.file, "folder": step.folder, "name": step.name, **asdict(step.what)})

    def undone(self) -> None:
        """All steps have been taken back."""
        self._append({"undone": _now()})

    def steps_of(self, file: str) -> list[Step]:
        """What was announced for one file."""
        wanted = json.dumps(file)  # most lines need no parsing
        with _in_our_words(), self.file.open(encoding="utf-8", errors="replace") as lines:
            steps = [_step(line) for line in map(_parsed, (line for line in lines if wanted in line)) if "name" in line]
        return [step for step in steps if step.file == file]

    def read(self) -> Story:
        """Everything. Raises InvalidRequest for a file that is no journal."""
        with _in_our_words(), self.file.open(encoding="utf-8", errors="replace") as lines:
            heading, *rest = [*map(_parsed, lines)] or [{}]
        if heading.get("sort") != FORM:
            raise InvalidRequest(f"{self.file.name} is no journal of a sort")
        try:
            return Story(
                Heading(Path(heading["source"]), Path(heading["into"]), How(heading["how"])),
                tuple(_step(line) for line in rest if "name" in line),
                tuple(line["folder"] for line in rest if line.keys() == {"folder"}),
                any("undone" in line for line in rest),
            )
        except (KeyError, ValueError, TypeError) as error:
            raise InvalidRequest(f"{self.file.name} is no journal of a sort") from error

    def _append(self, line: dict[str, Any]) -> None:
        """Write a line and let it survive a power cut, since what it announces may."""
        with _in_our_words():
            descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600)
            try:
                start = "" if _ends_well(descriptor) else "\n"
                os.write(descriptor, f"{start}{json.dumps(line)}\n".encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _ends_well(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    if not size:
        return True
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) == b"\n"


def _parsed(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _step(line: dict[str, Any]) -> Step:
    what = Identity(line["inode"], line["size"], line["modified"])
    return Step(line["file"], line["folder"], line["name"], what)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TaggerError(f"the journal of the sort cannot be used: {error.strerror}") from error
