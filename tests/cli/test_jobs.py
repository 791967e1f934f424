"""`image-tagger jobs` and `image-tagger worker`, run as a user runs them."""

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from image_tagger.domain.jobs import Item, Job, NewItem, NewJob, State
from image_tagger.jobs.ledger import Ledger
from image_tagger.jobs.office import FILE, Office
from image_tagger.jobs.rules import Rules
from tests.cli.command import SCRIPT, Outcome, ended, environment, run, started
from tests.jobs.acting import install
from tests.pictures import jpeg

T = TypeVar("T")
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def asked(data: Path, question: Callable[[Ledger], Awaitable[T]]) -> T:
    """What a ledger in this folder answers."""

    async def ask() -> T:
        office = Office(data, "", Rules(places=0))
        try:
            return await question(office.ledger)
        finally:
            await office.close()

    return asyncio.run(ask())


def jobs(data: Path, *arguments: str) -> Outcome:
    return run("jobs", *arguments, image_tagger_data_dir=str(data))


def added(data: Path, kind: str, count: int = 1) -> Job:
    return asked(data, lambda ledger: ledger.add(NewJob(kind, {"n": 1}), [NewItem({"k": k}) for k in range(count)]))


def test_jobs_are_listed_latest_first(data: Path) -> None:
    first, second = added(data, "echo"), added(data, "sleep", 3)
    header, *lines = jobs(data, "list").out.splitlines()
    assert header.split() == ["job", "kind", "state", "items", "done", "failed", "begun", "error"]
    assert [line.split()[:4] for line in lines] == [
        [str(second.id), "sleep", "waiting", "3"],
        [str(first.id), "echo", "waiting", "1"],
    ]
    assert jobs(data, "list", "--limit", "1").out.splitlines()[-1].startswith("1 older ones are not shown")
    assert [job["id"] for job in json.loads(jobs(data, "list", "--json").out)] == [second.id, first.id]


def test_a_job_that_is_not_there_is_said(data: Path) -> None:
    outcome = jobs(data, "show", "12")
    assert (outcome.status, outcome.err) == (1, "image-tagger: job 12 not found\n")


def test_a_job_can_be_cancelled(data: Path) -> None:
    job = added(data, "echo", 3)
    assert jobs(data, "cancel", str(job.id)).out == "3 items are cancelled\n"
    assert json.loads(jobs(data, "show", str(job.id), "--json").out)["state"] == "cancelled"
    over = added(data, "echo", 0)
    assert jobs(data, "cancel", str(over.id)).out == f"job {over.id} has ended already: done\n"


def test_what_a_killed_command_left_can_be_cancelled(data: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for number in range(600):
        (tmp_path / "photos" / f"{number}.jpg").write_bytes(jpeg(seed=number % 7))
    output = ("tag", str(tmp_path / "photos"), "--output", str(tmp_path / "labels.jsonl"))
    with started(*output, image_tagger_data_dir=str(data)) as process:
        while not any(item.number and item.state is State.RUNNING for item in all_items(data)):
            time.sleep(0.05)
        process.kill()
        process.wait()
    (described,) = json.loads(jobs(data, "list", "--json").out)
    assert "being finished" not in jobs(data, "cancel", str(described["id"])).out
    assert json.loads(jobs(data, "list", "--json").out)[0]["state"] == "cancelled"


def all_items(data: Path) -> list[Item]:
    """Those of the only job, if there is one."""
    if not (data / FILE).exists():
        return []
    found, _ = asked(data, lambda ledger: ledger.latest())
    return asked(data, lambda ledger: ledger.items(found[0].id)) if found else []


@pytest.mark.parametrize("arguments", [("show", "9" * 20), ("cancel", "9" * 20), ("list", "--limit", "9" * 20)])
def test_a_number_that_no_database_has_is_refused(data: Path, arguments: tuple[str, ...]) -> None:
    refused = jobs(data, *arguments)
    assert refused.status == 2
    assert "less than or equal to 9223372036854775807" in refused.err


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_does_what_is_there_until_a_signal_comes(data: Path, tmp_path: Path, sig: signal.Signals) -> None:
    good, bad = added(data, "echo", 20), added(data, "fail")
    path = os.pathsep.join([str(install(tmp_path / "acts")), str(REPOSITORY)])
    given = {**environment(image_tagger_data_dir=str(data)), "PYTHONPATH": path}
    with subprocess.Popen([SCRIPT, "worker"], env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        found = asked(data, lambda ledger: ledger.wait([good.id, bad.id], 60))
        outcome = ended(process, sig)
    assert outcome.status == 0
    assert [found[job.id].state for job in (good, bad)] == [State.DONE, State.FAILED]
    shown = jobs(data, "show", str(bad.id)).out
    assert "not an image or a video" in shown
    assert jobs(data, "retry", str(bad.id)).out == "1 items are tried again\n"


def test_a_worker_without_places_says_so() -> None:
    outcome = run("worker", image_tagger_job_places="0")
    assert (outcome.status, outcome.err) == (
        1,
        "image-tagger: IMAGE_TAGGER_JOB_PLACES is 0: this worker would do nothing\n",
    )


def test_a_database_that_cannot_be_reached_is_one_line(tmp_path: Path) -> None:
    url = "postgresql://me:hush@127.0.0.1:1/name"
    for command in (("worker",), ("jobs", "list")):
        outcome = run(*command, image_tagger_database_url=url, image_tagger_data_dir=str(tmp_path))
        assert (outcome.status, outcome.err) == (1, "image-tagger: the database cannot be reached\n")
