"""Files under the hash of their content: the same content is kept once, and a file is there whole or not at all."""

import asyncio
import errno
import hashlib
import os
import re
import time
from collections.abc import AsyncIterable, AsyncIterator, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from image_tagger.domain.errors import InvalidRequest, StoreUnavailable

PIECE = 1024 * 1024  # bytes read and written at a time
ARRIVING = ".arriving"
ABANDONED_SECONDS = 24 * 3600.0  # after which a file that still arrives was left by a process that ended
SHA256 = re.compile(r"[0-9a-f]{64}")


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
            await asyncio.to_thread(_remove, arriving)

    def path(self, sha256: str) -> Path:
        """Where the blob is. Raises StoreUnavailable where it is not kept, InvalidRequest for what is no hash."""
        path = self._path(sha256)
        if not path.is_file():
            raise StoreUnavailable("a file that was stored is no longer there")
        return path

    def has(self, sha256: str) -> bool:
        """Whether it is kept."""
        return self._path(sha256).is_file()

    def delete(self, sha256: str) -> None:
        """Forget it; also where it is not kept."""
        _remove(self._path(sha256))

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
            descriptor = _create(arriving)
            try:
                _append(descriptor, content)
                _flush(descriptor)
            finally:
                os.close(descriptor)
            return self._take_in(arriving, hashlib.sha256(content).hexdigest(), len(content))
        except BaseException:
            _remove(arriving)
            raise

    async def _write(self, pieces: AsyncIterator[bytes], file: Path) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        descriptor = await asyncio.to_thread(_create, file)
        try:
            async for piece in pieces:
                await asyncio.to_thread(_append, descriptor, piece)
                digest.update(piece)
                size += len(piece)
            await asyncio.to_thread(_flush, descriptor)
        finally:
            os.close(descriptor)
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


def _create(file: Path) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        try:
            return os.open(file, flags, 0o600)
        except FileNotFoundError:
            file.parent.mkdir(parents=True, exist_ok=True)
            return os.open(file, flags, 0o600)
    except OSError as error:
        raise _unavailable(error) from error


def _append(descriptor: int, piece: bytes) -> None:
    rest = memoryview(piece)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError as error:
        raise _unavailable(error) from error


def _flush(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
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
