"""Bells: who waits is woken in this process and in others; processes that were killed are seen."""

import asyncio
import errno
import os
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from image_tagger.jobs import pipes
from image_tagger.jobs.bells import Bells, end_of
from image_tagger.jobs.postbox import WORK, Postbox
from image_tagger.store.database import Database
from tests.postgresql import Cluster


async def opened(bells: Bells, until: AsyncExitStack) -> Bells:
    await bells.open()
    until.push_async_callback(bells.close)
    return bells


def names(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


async def woken(event: asyncio.Event, seconds: float = 5.0) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


async def test_only_who_waits_for_a_note_is_woken(tmp_path: Path) -> None:
    bells = Bells(tmp_path)
    with bells.listening(end_of(1), end_of(2)) as mine, bells.listening(end_of(3)) as other:
        bells.ring(end_of(2))
        assert mine.is_set()
        assert not other.is_set()


async def test_other_processes_are_woken(tmp_path: Path) -> None:
    async with AsyncExitStack() as until:
        here, there = [await opened(Bells(tmp_path), until) for _ in range(2)]
        with there.listening(WORK) as work, there.listening(end_of(12)) as end, here.listening(WORK) as own:
            here.ring(WORK, end_of(12))
            assert own.is_set()
            assert await woken(work)
            assert await woken(end)


async def test_who_does_not_read_does_not_stop_who_rings(tmp_path: Path) -> None:
    async with AsyncExitStack() as until:
        here, there = [await opened(Bells(tmp_path), until) for _ in range(2)]
        for number in range(20_000):  # more than a pipe holds, and nobody reads before the next await
            here.ring(end_of(number))
        await asyncio.sleep(0.1)
        with there.listening(WORK) as work:
            here.ring(WORK)
            assert await woken(work)


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """The folder in which a process that was killed has left its pipe."""
    program = (
        "import asyncio, os, signal, sys; from pathlib import Path; from image_tagger.jobs.bells import Bells\n"
        "async def main():\n"
        "    bells = Bells(Path(sys.argv[1])); await bells.open(); os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    return tmp_path


async def test_a_process_that_was_killed_is_seen(killed: Path) -> None:
    async with AsyncExitStack() as until:
        bells = await opened(Bells(killed), until)
        (name,) = pipes.dead(killed)
        pipes.bury(killed, name)
        assert pipes.dead(killed) == []
        assert names(killed) == [bells.name]


def test_who_may_not_be_asked_is_not_taken_for_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / f"other{pipes._host()}")
    assert len(pipes.dead(tmp_path)) == 1  # nobody reads it

    def refused(*_: object) -> int:
        raise PermissionError(errno.EACCES, "another user's")

    monkeypatch.setattr(os, "open", refused)
    assert pipes.dead(tmp_path) == []


def test_pipes_of_other_machines_say_nothing_here(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "other-00000000")
    assert pipes.dead(tmp_path) == []


async def test_a_process_that_ends_well_leaves_nothing(tmp_path: Path) -> None:
    async with AsyncExitStack() as until:
        await opened(Bells(tmp_path), until)
    assert names(tmp_path) == []


async def test_where_there_can_be_no_pipe_the_own_process_is_still_woken(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with AsyncExitStack() as until:
        bells = await opened(Bells(tmp_path / "file"), until)
        assert bells.name
        with bells.listening(WORK) as work:
            bells.ring(WORK)
            assert work.is_set()


@pytest.mark.parametrize("broken", [False, True], ids=["undisturbed", "after the database was down"])
async def test_notes_go_through_postgresql(tmp_path: Path, cluster: Cluster, *, broken: bool) -> None:
    url = cluster.new_database()
    database = Database(url)
    async with AsyncExitStack() as until:
        until.push_async_callback(database.close)
        bells = await opened(Bells(tmp_path, Postbox(url)), until)
        with bells.listening(WORK) as listens:
            assert await woken(listens)  # it says so itself, for what was missed before
        if broken:
            cluster.stop()
            cluster.start()
            with bells.listening(WORK) as listens:
                assert await woken(listens, 10)
        with bells.listening(end_of(5)) as end:
            await database.write(
                lambda connection: connection.exec_driver_sql("SELECT pg_notify('image_tagger', 'end 5')")
            )
            assert await woken(end)
