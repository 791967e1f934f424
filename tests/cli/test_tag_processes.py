"""A folder that several processes tag together: each picture once, whoever of them ends, and however."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from image_tagger.cli import tag_sharing
from image_tagger.cli.tag_sharing import processes_for
from image_tagger.jobs.tagging import CHUNK
from image_tagger.settings import Settings
from tests.cli.command import SECONDS, ended, run, started
from tests.cli.test_crew import await_members, members
from tests.cli.test_tag_folder import DONE, TWICE, _rows
from tests.pictures import jpeg

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="only Linux tells who a process's children are"
)
MANY = 1000
KEPT = "SELECT count(*) FROM known_files"
UNREAD = 10**18  # a time of access, in nanoseconds, before that of the pictures


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Different pictures that nobody has read."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(MANY):
        file = folder / f"{number:04}.jpg"
        file.write_bytes(jpeg(320, 240, seed=number))
        os.utime(file, ns=(UNREAD, file.stat().st_mtime_ns))
    return folder


def settings(data: Path) -> dict[str, Any]:
    return {"image_tagger_data_dir": str(data), "image_tagger_processes": "2"}


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def member_at_work(process: subprocess.Popen[bytes], data: Path) -> int:
    """The other process, when some chunks are done."""
    (member,) = await_members(process.pid, 1)
    until(lambda: _rows(data, DONE))
    return member


def names() -> list[str]:
    return [json.loads(line)["picture"] for line in Path("labels.jsonl").read_text().splitlines()]


def gone(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.usefixtures("many")
def test_every_picture_is_there_once_and_the_others_leave(tmp_path: Path) -> None:
    with started("tag", "many", "--output", "labels.jsonl", **settings(tmp_path / "data")) as process:
        (member,) = await_members(process.pid, 1)
        outcome = ended(process)
    assert (outcome.status, outcome.out, outcome.err) == (0, f"{MANY} pictures tagged\n", "")
    assert names() == [f"many/{number:04}.jpg" for number in range(MANY)]
    assert gone(member)


@pytest.mark.usefixtures("many")
def test_ctrl_c_as_a_terminal_sends_it_pauses_all(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with started("tag", "many", "--output", "labels.jsonl", **settings(data)) as process:
        (member,) = await_members(process.pid, 1)
        os.kill(member, signal.SIGINT)  # while it starts, too
        until(lambda: _rows(data, DONE))
        os.kill(member, signal.SIGINT)
        paused = ended(process, signal.SIGINT)
    assert (paused.status, paused.err) == (130, "image-tagger: paused; go on with: image-tagger tag --resume\n")
    assert gone(member)
    done = _rows(data, DONE)
    assert run("tag", "--resume", **settings(data)).out == f"{MANY} pictures tagged\n"
    assert set(done).isdisjoint(_rows(data, TWICE))


@pytest.mark.usefixtures("many")
def test_nobody_outlives_the_command(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with started("tag", "many", "--output", "labels.jsonl", **settings(data)) as process:
        member = member_at_work(process, data)
        process.kill()
        until(lambda: gone(member))
    assert run("tag", "--resume", **settings(data)).out == f"{MANY} pictures tagged\n"
    assert len(names()) == len(set(names())) == MANY


@pytest.mark.usefixtures("many")
def test_one_that_dies_is_replaced(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with started("tag", "many", "--output", "labels.jsonl", **settings(data)) as process:
        member = member_at_work(process, data)
        os.kill(member, signal.SIGKILL)
        await_members(process.pid, 1, without={member})
        outcome = ended(process)
    assert (outcome.status, outcome.out) == (0, f"{MANY} pictures tagged\n")
    assert len(names()) == len(set(names())) == MANY


def test_a_crash_of_all_costs_a_chunk_at_most(many: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with started("tag", "many", "--output", "labels.jsonl", **settings(data)) as process:
        member = member_at_work(process, data)
        for pid in (process.pid, member):
            os.kill(pid, signal.SIGSTOP)  # both at the same moment
        assert members(process.pid) == {member}
        for pid in (process.pid, member):
            os.kill(pid, signal.SIGKILL)
        process.wait()
        until(lambda: gone(member))
    read = sum(file.stat().st_atime_ns != UNREAD for file in many.iterdir())
    if not read:
        pytest.skip("this file system keeps no times of access")
    (kept,) = _rows(data, KEPT)
    assert 0 < int(str(kept)) <= read <= int(str(kept)) + CHUNK


async def test_a_small_folder_has_one_process_and_a_large_one_as_many_as_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    automatic = Settings(data_dir=tmp_path / "data", threads=4, device="cpu", model_memory_bytes=2**40)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(tag_sharing.LARGE):
        assert number or await processes_for(automatic, "", folder, recursive=True) == 1
        (folder / f"{number}.jpg").touch()
    assert await processes_for(automatic, "", folder, recursive=True) == 4
    for changed, count in (
        ({"threads": 2}, 2),
        ({"model_memory_bytes": 500 * 2**20}, 2),
        ({"model_memory_bytes": 2**20}, 1),
        ({"processes": 3}, 3),
    ):
        assert await processes_for(automatic.model_copy(update=changed), "", folder, recursive=True) == count
