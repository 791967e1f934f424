"""Files under the hash of their content: the same content is kept once, and a file is there whole or not at all."""

import asyncio
import errno
import hashlib
import math
import os
import re
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from image_tagger.domain.errors import InvalidRequest, StoreUnavailable

PIECE = 1024 * 1024  # bytes read and written at a time
ARRIVING = ".arriving"
ABANDONED_SECONDS = 24 * 3600.0  # after which a file that still arrives was left by a process that ended
SHA256 = re.compile(r"[0-9a-f]{64}")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Blob:
    """A file that is kept. sha256: 64 hexadecimal digits. size in bytes."""

    sha256: str
    size: int
    path: Path


class Blobs:
    """Keeps blobs in a folder, which is made when it is first needed. Many processes may use it at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def add(self, content: bytes | Path | AsyncIterable[bytes]) -> Blob:
        """Keep a copy of the content, or of the file; of chunks, as they come.

        Raises StoreUnavailable where it cannot be written, and whatever the chunks raise; then nothing is kept.
        """
        arriving = self._folder / ARRIVING / uuid4().hex
        if isinstance(content, bytes):
            return await asyncio.to_thread(self._add_at_once, content, arriving)
        try:
            sha256, size = await self._write(_pieces(content), arriving)
            return await asyncio.to_thread(self._take_in, arriving, sha256, size)
        finally:
            await _to_its_end(_remove, arriving)

    def path(self, sha256: str) -> Path:
        """Where the blob is. Raises StoreUnavailable where it is not kept, InvalidRequest for what is no hash."""
        path = self._path(sha256)
        if not path.is_file():
            raise StoreUnavailable("a file that was stored is no longer there", retry_after=None)
        return path

    def has(self, sha256: str) -> bool:
        """Whether it is kept."""
        return self._path(sha256).is_file()

    def delete(self, sha256: str, *, older_than: float = -math.inf) -> None:
        """Forget it, if its latest adding is so many seconds ago; also where it is not kept. Blocks."""
        _remove_older(self._path(sha256), time.time() - older_than)

    def sweep(self, keep: Collection[str], *, older_than: float) -> int:
        """Delete the blobs that are not in `keep` and whose latest adding is so many seconds ago; answer how many.

        `older_than` must be longer than it takes from adding a blob to naming it in the database. Blocks.
        """
        now = time.time()
        for file in self._folder.glob(f"{ARRIVING}/*"):
            _remove_older(file, now - ABANDONED_SECONDS)
        files = [file for file in self._folder.glob("??/*") if file.parent.name + file.name not in keep]
        return sum(_remove_older(file, now - older_than) for file in files)

    def _path(self, sha256: str) -> Path:
        if not SHA256.fullmatch(sha256):
            raise InvalidRequest("a SHA-256 is 64 hexadecimal digits in lower case")
        return self._folder / sha256[:2] / sha256[2:]

    def _add_at_once(self, content: bytes, arriving: Path) -> Blob:
        try:
            with _create(arriving) as file:
                _append(file, content)
                _flush(file)
            return self._take_in(arriving, hashlib.sha256(content).hexdigest(), len(content))
        except BaseException:
            _remove(arriving)
            raise

    async def _write(self, pieces: AsyncIterator[bytes], arriving: Path) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        with ExitStack() as opened:
            file = await _to_its_end(lambda: opened.enter_context(_create(arriving)))
            async for piece in pieces:
                await _to_its_end(_append, file, piece)
                digest.update(piece)
                size += len(piece)
            await _to_its_end(_flush, file)
        return digest.hexdigest(), size

    def _take_in(self, arriving: Path, sha256: str, size: int) -> Blob:
        path = self._path(sha256)
        try:
            try:
                arriving.replace(path)  # the same content, where it was kept already, now with a new time
            except FileNotFoundError:
                path.parent.mkdir(exist_ok=True)
                arriving.replace(path)
        except OSError as error:
            raise _unavailable(error) from error
        return Blob(sha256, size, path)


async def _pieces(content: Path | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(content, Path):
        with content.open("rb") as stream:
            while piece := await asyncio.to_thread(stream.read, PIECE):
                yield piece
    else:
        async for piece in content:
            yield piece


async def _to_its_end(work: Callable[..., R], *arguments: Any) -> R:
    """What the work answers, which is done in a thread; whoever is cancelled meanwhile waits until that is done.

    A file must not be closed while a thread writes to it: the system may give its number to another file.
    """
    working = asyncio.get_running_loop().run_in_executor(None, work, *arguments)
    try:
        return await asyncio.shield(working)
    finally:
        while not working.done():
            with suppress(asyncio.CancelledError):  # the first one is on its way up already
                await asyncio.wait({working})


def _create(file: Path) -> FileIO:
    try:
        try:
            return FileIO(file, "xb", opener=_for_owner_only)
        except FileNotFoundError:
            file.parent.mkdir(parents=True, exist_ok=True)
            return FileIO(file, "xb", opener=_for_owner_only)
    except OSError as error:
        raise _unavailable(error) from error


def _for_owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _append(file: FileIO, piece: bytes) -> None:
    rest = memoryview(piece)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as error:
        raise _unavailable(error) from error


def _flush(file: FileIO) -> None:
    try:
        os.fsync(file.fileno())
    except OSError as error:
        raise _unavailable(error) from error


def _unavailable(error: OSError) -> StoreUnavailable:
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return StoreUnavailable("the disk is full" if full else f"files cannot be stored: {error.strerror}")


def _remove(file: Path) -> None:
    with suppress(OSError):  # a sweep finds it later
        file.unlink(missing_ok=True)


def _remove_older(file: Path, moment: float) -> bool:
    try:
        old = file.stat().st_mtime < moment
        if old:
            file.unlink()
    except OSError:  # another process was faster
        return False
    return old
