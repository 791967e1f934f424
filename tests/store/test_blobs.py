"""Blobs: whole or not at all, once for the same content, gone when nobody names them."""

import asyncio
import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from image_tagger.domain.errors import InvalidRequest, StoreUnavailable
from image_tagger.store.blobs import Blobs, _to_its_end

CONTENT = b"network" * 1000
OPEN_FILES = Path("/proc/self/fd")
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def open_files() -> int:
    return len(list(OPEN_FILES.iterdir()))


async def chunks() -> AsyncIterator[bytes]:
    for start in range(0, len(CONTENT), 100):
        yield CONTENT[start : start + 100]


async def broken_chunks() -> AsyncIterator[bytes]:
    yield CONTENT
    raise ConnectionResetError


@pytest.mark.parametrize("form", ["bytes", "file", "chunks"])
async def test_what_is_added_is_kept_under_its_hash(blobs: Blobs, tmp_path: Path, form: str) -> None:
    file = tmp_path / "upload"
    file.write_bytes(CONTENT)
    forms: dict[str, bytes | Path | AsyncIterator[bytes]] = {"bytes": CONTENT, "file": file, "chunks": chunks()}
    blob = await blobs.add(forms[form])
    assert (blob.sha256, blob.size, blob.path) == (SHA256, len(CONTENT), blobs.path(SHA256))
    assert blob.path.read_bytes() == CONTENT
    assert file.exists()


async def test_the_same_content_is_kept_once(blobs: Blobs, tmp_path: Path) -> None:
    await asyncio.gather(*(blobs.add(chunks()) for _ in range(5)))
    assert files(tmp_path) == [blobs.path(SHA256)]


async def test_nothing_is_kept_of_what_breaks_off(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError):
        await blobs.add(broken_chunks())
    assert files(tmp_path) == []


async def test_what_is_deleted_is_gone(blobs: Blobs) -> None:
    await blobs.add(CONTENT)
    assert blobs.has(SHA256)
    blobs.delete(SHA256)
    blobs.delete(SHA256)
    assert not blobs.has(SHA256)
    with pytest.raises(StoreUnavailable):
        blobs.path(SHA256)


async def test_what_came_lately_may_be_spared(blobs: Blobs) -> None:
    blob = await blobs.add(CONTENT)
    blobs.delete(SHA256, older_than=3600)
    assert blobs.has(SHA256)
    os.utime(blob.path, (time.time() - 2 * 3600,) * 2)
    await blobs.add(CONTENT)
    blobs.delete(SHA256, older_than=3600)
    assert blobs.has(SHA256)  # it came a second time
    os.utime(blob.path, (time.time() - 2 * 3600,) * 2)
    blobs.delete(SHA256, older_than=3600)
    assert not blobs.has(SHA256)


@pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="the system does not tell which files are open")
async def test_who_leaves_at_any_moment_leaves_nothing_behind(blobs: Blobs, tmp_path: Path) -> None:
    await blobs.add(chunks())
    blobs.delete(SHA256)
    before = open_files()
    for moments in range(40):
        adding = asyncio.create_task(blobs.add(chunks()))
        for _ in range(moments):
            await asyncio.sleep(0)
        adding.cancel()
        await asyncio.gather(adding, return_exceptions=True)
    assert open_files() == before
    assert files(tmp_path) == []


async def test_who_is_cancelled_waits_for_the_thread_that_works_for_him() -> None:
    begun, may_end, told = threading.Event(), threading.Event(), list[str]()

    def work() -> None:
        begun.set()
        may_end.wait(10)
        told.append("done")

    waiting = asyncio.create_task(_to_its_end(work))
    await asyncio.to_thread(begun.wait, 10)
    for _ in range(3):  # once is not enough for some
        waiting.cancel()
        await asyncio.sleep(0.01)
    assert not waiting.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert told == ["done"]


@pytest.mark.skipif(os.name != "posix", reason="files have other permissions")
async def test_nobody_else_may_read_what_is_kept(blobs: Blobs) -> None:
    for content in (b"at once", chunks()):
        assert (await blobs.add(content)).path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["", "../secret", SHA256.upper(), SHA256[:-1], f"{SHA256}\n"])
def test_a_name_that_is_no_hash_leads_nowhere(blobs: Blobs, name: str) -> None:
    with pytest.raises(InvalidRequest):
        blobs.path(name)


async def test_a_sweep_removes_what_is_old_and_not_named(blobs: Blobs, tmp_path: Path) -> None:
    named, old, new = [await blobs.add(content) for content in (b"named", b"old", b"new")]
    abandoned = tmp_path / "blobs" / ".arriving" / "abandoned"
    abandoned.write_bytes(b"half of")
    for file, days in ((named.path, 2), (old.path, 2), (abandoned, 2), (new.path, 0)):
        os.utime(file, (time.time() - days * 24 * 3600,) * 2)
    assert blobs.sweep({named.sha256}, older_than=3600) == 1
    assert sorted(files(tmp_path)) == sorted([named.path, new.path])


FULL_DISK = """
import asyncio, resource, signal, sys
from pathlib import Path
from image_tagger.domain.errors import StoreUnavailable
from image_tagger.store.blobs import Blobs

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))  # files end there, as on a full disk

async def add(blobs):
    try:
        await blobs.add(b"network" * 1000)
    except StoreUnavailable as error:
        print(error)
    print(sum(file.is_file() for file in Path(sys.argv[1]).rglob("*")))
    print((await blobs.add(b"small")).size)

asyncio.run(add(Blobs(Path(sys.argv[1]) / "blobs")))
"""


def test_a_disk_that_takes_no_more_is_said_clearly_and_nothing_is_left(tmp_path: Path) -> None:
    # in a process of its own: the limit would hold for the test report, too
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, check=True, text=True)
    assert done.stdout.splitlines() == ["files cannot be stored: File too large", "0", "5"]
