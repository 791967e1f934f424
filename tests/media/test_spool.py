"""The spool's folders: each process has its own, and those of the dead are removed."""

import asyncio
import sys
from pathlib import Path

from image_tagger.media.spool import LOCK, Spool

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
