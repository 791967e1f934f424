"""Uploads while they are needed: small ones in memory, others in files of a folder that one process owns."""

import asyncio
import shutil
import threading
from pathlib import Path
from uuid import uuid4

import structlog

from image_tagger.domain.errors import Overloaded, RequestTooLarge
from image_tagger.domain.queries import Upload
from image_tagger.media.locks import FileLock

BUFFER = 1024 * 1024  # bytes of an upload held in memory: all of a small one, the latest of a large one
MEMORY = 64 * BUFFER  # bytes that all uploads together hold in memory; then small ones go to disk, too
LOCK = "lock"
log = structlog.get_logger(__name__)


class Spool:
    """Gives drafts to write uploads to; lives in one event loop.

    Every process has its own folder in `folder`, made when it is first needed and held by a lock, so that the folders
    of processes that were killed are known and can be removed by the next one that starts.
    """

    def __init__(self, folder: Path, *, disk_bytes: int, memory_bytes: int = MEMORY) -> None:
        self.disk_free = disk_bytes
        self.memory_free = memory_bytes
        self._folder = folder
        self._own: Path | None = None
        self._held: FileLock | None = None
        self._making = threading.Lock()

    async def open(self) -> None:
        """Remove what processes left behind that were killed."""
        await asyncio.to_thread(self._sweep)

    async def close(self) -> None:
        """Remove this process's folder."""
        await asyncio.to_thread(self._remove_own)

    def draft(self, *, most: int) -> "Draft":
        """An upload that is about to arrive, of at most so many bytes."""
        return Draft(self, most)

    def append(self, name: str, content: bytes) -> Path:
        """Write at the end of a file of this process's folder; a new name begins one. Blocks. Raises OSError."""
        file = self._own_folder() / name
        with file.open("ab") as stream:
            stream.write(content)
        return file

    def remove(self, name: str) -> None:
        """Remove a file of this process's folder, if it is there. Blocks."""
        if self._own is not None:
            (self._own / name).unlink(missing_ok=True)

    def _own_folder(self) -> Path:
        with self._making:
            if self._own is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                with self._alone():
                    own = self._folder / uuid4().hex
                    own.mkdir(mode=0o700)
                    self._held = FileLock.take(own / LOCK, wait=True)
                self._own = own
            return self._own

    def _sweep(self) -> None:
        try:
            folders = [entry for entry in self._folder.glob("*") if entry.is_dir()]
            if folders:
                with self._alone():
                    for folder in folders:
                        _remove_orphan(folder)
        except OSError as error:
            log.warning("old uploads cannot be removed", reason=error.strerror)

    def _alone(self) -> FileLock:
        """No other process makes its folder now, or looks which ones are held."""
        held = FileLock.take(self._folder / LOCK, wait=True)
        assert held is not None  # noqa: S101 - it waited
        return held

    def _remove_own(self) -> None:
        with self._making:
            if self._own is not None and self._held is not None:
                shutil.rmtree(self._own, ignore_errors=True)
                self._held.release()
            self._own = self._held = None


def _remove_orphan(folder: Path) -> None:
    if not folder.is_dir():  # another process was faster
        return
    if held := FileLock.take(folder / LOCK, wait=False):
        with held:
            shutil.rmtree(folder, ignore_errors=True)
            log.info("uploads of a process that was killed are removed")


class Draft:
    """One upload while it arrives: write, then finish; discard when it is no longer needed, in any case."""

    def __init__(self, spool: Spool, most: int) -> None:
        self._spool = spool
        self._most = most
        self._buffer = bytearray()
        self._held = 0  # bytes in memory, also of an upload that is finished
        self._written = 0
        self._name = uuid4().hex  # known before anything is written: a write that fails may leave a file, too
        self._file: Path | None = None
        self._writing: asyncio.Future[Path] | None = None

    async def write(self, content: bytes) -> None:
        """Take the next bytes. Raises RequestTooLarge, and Overloaded where no room is left."""
        if self._written + len(self._buffer) + len(content) > self._most:
            raise RequestTooLarge(f"a file is larger than {self._most} bytes")
        self._buffer += content
        self._hold(len(content))
        if len(self._buffer) > BUFFER or self._spool.memory_free < 0:
            await self._flush()

    async def finish(self) -> Upload:
        """What has been written. Raises Overloaded where no room is left."""
        if self._file is None:
            content = bytes(self._buffer)
            self._buffer.clear()
            return Upload(content)
        await self._flush()
        return Upload(self._file)

    async def discard(self) -> None:
        """Remove the file and give its room back, even if whoever waits for this is cancelled."""
        await asyncio.shield(asyncio.ensure_future(self._discard()))

    async def _flush(self) -> None:
        content = bytes(self._buffer)
        if len(content) > self._spool.disk_free:
            raise Overloaded("too many large files are being looked at; try again in a moment")
        self._spool.disk_free -= len(content)
        self._written += len(content)
        self._buffer.clear()
        self._hold(-self._held)
        loop = asyncio.get_running_loop()
        self._writing = loop.run_in_executor(None, self._spool.append, self._name, content)
        try:
            self._file = await asyncio.shield(self._writing)
        except OSError as error:
            log.error("an upload cannot be stored", reason=error.strerror)  # noqa: TRY400 - the reason is all there is
            raise Overloaded("files cannot be stored now; try again later", retry_after=60) from error

    async def _discard(self) -> None:
        if self._writing is not None:  # removed before it is written, the file would come back
            await asyncio.gather(self._writing, return_exceptions=True)
            await asyncio.to_thread(self._spool.remove, self._name)
        self._buffer.clear()
        self._hold(-self._held)
        self._spool.disk_free += self._written
        self._written = 0

    def _hold(self, more: int) -> None:
        self._held += more
        self._spool.memory_free -= more
