"""The whole server is killed in the middle of its tasks, again and again: every task ends once, and with its result."""

import asyncio
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, text

from image_tagger.domain.jobs import NewItem, NewJob, State
from image_tagger.jobs.office import Office
from image_tagger.jobs.rules import Rules
from tests.cli.command import SCRIPT, environment

KILLS = int(os.environ.get("IMAGE_TAGGER_TEST_KILLS", "3"))
TASKS = 200
SECONDS = 0.04  # of a task: all of them take half a second in two processes of eight places
REPOSITORY = Path(__file__).parents[2]
COUNT_ENDS = (
    "CREATE TABLE ends (item INTEGER PRIMARY KEY)",
    """CREATE TRIGGER count_ends AFTER UPDATE OF state ON items WHEN NEW.state IN ('done', 'failed', 'cancelled')
    BEGIN INSERT INTO ends VALUES (NEW.id); END""",
)


@contextmanager
def server(data: Path, acts: Path) -> Iterator[None]:
    """`image-tagger serve` while it lives; it and all its processes are killed at the end."""
    settings = {"image_tagger_data_dir": str(data), "image_tagger_log_level": "error"}
    path = os.pathsep.join([str(acts), str(REPOSITORY)])
    with subprocess.Popen(
        [SCRIPT, "serve", "--port", "0"],
        env={**environment(**settings), "PYTHONPATH": path},
        start_new_session=True,
    ) as process:
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)


async def test_every_task_ends_once(tmp_path: Path, acts: Path) -> None:
    office = Office(tmp_path / "data", "", Rules(places=0))
    chance = random.Random(0)  # noqa: S311 - it chooses moments
    try:
        await office.database.write(_count_ends)
        tasks: list[int] = []
        for _ in range(KILLS):
            tasks += await _add_tasks(office)
            with server(tmp_path / "data", acts):
                await _begun(office)
                await asyncio.sleep(chance.uniform(0, 0.5))
        before = await office.ledger.jobs(tasks)
        with server(tmp_path / "data", acts):
            after = await office.ledger.wait(tasks, 120)
        assert await office.database.read(_ends) == len(tasks) == KILLS * TASKS
        assert await office.database.read(_interrupted) > 0
    finally:
        await office.close()
    assert {job.state for job in after.values()} == {State.DONE}
    assert {job.result and job.result["square"] for job in after.values()} == {0}
    assert {job.progress.done for job in after.values()} == {1}
    ended_before = [job_id for job_id, job in before.items() if job.state.ended]
    assert [before[job_id] for job_id in ended_before] == [after[job_id] for job_id in ended_before]


async def _add_tasks(office: Office) -> list[int]:
    return [(await office.ledger.add(NewJob("sleep"), [NewItem({"seconds": SECONDS})])).id for _ in range(TASKS)]


async def _begun(office: Office) -> None:
    """Return when the server has begun to work, at the latest after a minute."""
    until = time.monotonic() + 60
    while not await office.database.read(_running):
        assert time.monotonic() < until
        await asyncio.sleep(0.01)


def _running(connection: Connection) -> int:
    """Items that are held, and not by a server that is no more: none of those held long ago."""
    new = text("SELECT count(*) FROM items WHERE state = 'running' AND due > :least")
    return int(connection.execute(new, {"least": time.time() + 29.5}).scalar_one())


def _interrupted(connection: Connection) -> int:
    """Items that somebody had begun when they were killed."""
    return int(connection.execute(text("SELECT count(*) FROM items WHERE claims > 1")).scalar_one())


def _count_ends(connection: Connection) -> None:
    for statement in COUNT_ENDS:
        connection.execute(text(statement))


def _ends(connection: Connection) -> int:
    return int(connection.execute(text("SELECT count(*) FROM ends")).scalar_one())
