"""The spool's folders: each process has its own, and those of the dead are removed."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from image_tagger.domain.errors import Overloaded
from image_tagger.media.spool import BUFFER, LOCK, Draft, Spool

SECONDS = 30.0

OWNER = """
import asyncio, sys
from pathlib import Path
from image_tagger.media.spool import Spool

async def hold() -> None:
    draft = Spool(Path(sys.argv[1]), disk_bytes=100, memory_bytes=0).draft(most=100)
    await draft.write(b"content")
    await draft.finish()
    print("written", flush=True)
    await asyncio.Event().wait()

asyncio.run(hold())
"""


def files(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file() and file.name != LOCK]


def entries(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()]


async def test_only_the_folders_of_dead_processes_are_removed(tmp_path: Path) -> None:
    spool = Spool(tmp_path, disk_bytes=100)
    command = (sys.executable, "-c", OWNER, str(tmp_path))
    owner = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert owner.stdout is not None
    assert await owner.stdout.readline() == b"written\n"

    await spool.open()
    assert files(tmp_path) == [b"content"]

    owner.kill()
    await owner.wait()
    assert files(tmp_path) == [b"content"]

    await spool.open()
    assert entries(tmp_path) == [LOCK]


async def test_two_spools_share_a_folder_and_remove_only_their_own(tmp_path: Path) -> None:
    one, other = Spool(tmp_path, disk_bytes=100, memory_bytes=0), Spool(tmp_path, disk_bytes=100, memory_bytes=0)
    for spool, content in ((one, b"one"), (other, b"other")):
        await spool.open()
        draft = spool.draft(most=100)
        await draft.write(content)
        await draft.finish()
    await one.close()
    assert files(tmp_path) == [b"other"]
    await other.close()
    assert files(tmp_path) == []


async def test_nothing_is_made_before_it_is_needed(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", disk_bytes=100)
    await spool.open()
    draft = spool.draft(most=100)
    await draft.write(b"small")
    assert (await draft.finish()).content == b"small"
    await draft.discard()
    await spool.close()
    assert entries(tmp_path) == []


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Writing beyond so many bytes of a file fails after those that fit, as it does where a disk is full."""
    resource = pytest.importorskip("resource", reason="only POSIX bounds files")
    bounds = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, bounds[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, bounds)


async def fill(draft: Draft) -> None:
    """Write until that fails."""
    while True:
        await draft.write(b"x" * (BUFFER + 1))


@pytest.mark.parametrize("fits", [BUFFER // 2, BUFFER + BUFFER // 2])
async def test_a_write_that_fails_in_the_middle_leaves_no_file(tmp_path: Path, fits: int) -> None:
    spool = Spool(tmp_path, disk_bytes=100 * BUFFER)
    draft = spool.draft(most=100 * BUFFER)
    with files_of_at_most(fits), pytest.raises(Overloaded, match="cannot be stored"):
        await asyncio.wait_for(fill(draft), SECONDS)
    assert [len(content) for content in files(tmp_path)] == [fits]

    await draft.discard()
    assert files(tmp_path) == []
    assert spool.disk_free == 100 * BUFFER
    await spool.close()
