"""A named pipe per process: others write notes into it, and see by it whether the process still lives."""

import asyncio
import errno
import os
import platform
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import structlog

MOST = 65536  # bytes read at a time: all that a pipe holds
NEW = "."  # what the name of a pipe begins with that nobody reads yet

log = structlog.get_logger(__name__)


class Pipe:
    """This process's pipe, read by its event loop. Where there are no pipes, nothing is ever heard."""

    def __init__(self, folder: Path, hear: Callable[[str], None]) -> None:
        self.name = uuid4().hex + _host()
        self._file = folder / self.name
        self._hear = hear
        self._rest = b""
        self._descriptor: int | None = None
        try:
            self._descriptor = _make(self._file)
        except (OSError, AttributeError) as error:  # the latter on Windows
            log.info("processes of this machine cannot wake each other", reason=str(error))
            return
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._descriptor, self._read)

    def close(self) -> None:
        """Remove it."""
        if self._descriptor is None:
            return
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._descriptor = None
        self._file.unlink(missing_ok=True)

    def _read(self) -> None:
        if self._descriptor is None:
            return
        try:
            *notes, self._rest = (self._rest + os.read(self._descriptor, MOST)).split(b"\n")
        except BlockingIOError:
            return
        for note in notes:
            self._hear(note.decode("ascii", "replace"))


def ring_pipes(folder: Path, notes: Iterable[str], *, but: str) -> None:
    """Write notes to all other processes; one that does not keep up with reading misses some."""
    text = b"".join(note.encode() + b"\n" for note in notes)
    for pipe in _pipes(folder):
        if pipe.name != but:
            with suppress(OSError):
                _write(pipe, text)


def dead(folder: Path) -> list[str]:
    """Names of processes of this machine that have ended without removing their pipes."""
    return [pipe.name for pipe in _pipes(folder) if pipe.name.endswith(_host()) and _is_dead(pipe)]


def bury(folder: Path, name: str) -> None:
    """Remove what a process has left, where that is allowed."""
    with suppress(OSError):
        (folder / name).unlink()


def _host() -> str:
    """What names end with here: where machines share the folder, each sees the readers of its own pipes only."""
    return f"-{zlib.crc32(platform.node().encode()):08x}"


def _make(file: Path) -> int:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(NEW + file.name)
    os.mkfifo(new, 0o600)
    descriptor = os.open(new, os.O_RDWR | os.O_NONBLOCK)  # its own writer, too, so that it never ends
    new.rename(file)
    return descriptor


def _pipes(folder: Path) -> list[Path]:
    try:
        return [folder / entry.name for entry in os.scandir(folder) if not entry.name.startswith(NEW)]
    except OSError:
        return []


def _write(pipe: Path, text: bytes) -> None:
    descriptor = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    try:
        os.write(descriptor, text)
    finally:
        os.close(descriptor)


def _is_dead(pipe: Path) -> bool:
    try:
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
    except OSError as error:  # other than ENXIO, its owner may live: another user's, above all
        return error.errno == errno.ENXIO  # nobody has it open for reading
    return False
