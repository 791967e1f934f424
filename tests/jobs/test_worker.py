"""Workers do what is in the ledger: once, soon, as often as an error may pass, and not when it is cancelled."""

import asyncio
import time
from contextlib import aclosing
from pathlib import Path

import pytest

from image_tagger.domain.jobs import Failure, Job, NewItem, NewJob, Progress, State
from image_tagger.jobs.ledger import Ledger
from image_tagger.jobs.office import Office
from image_tagger.jobs.rules import Rules
from tests.jobs.acting import services_with

pytestmark = pytest.mark.usefixtures("acts")
LONG = 30.0


async def ended(office: Office, job: Job) -> Job:
    found = await office.ledger.wait([job.id], LONG)
    assert found[job.id].state.ended
    return found[job.id]


def items(count: int) -> list[NewItem]:
    return [NewItem({"n": number}) for number in range(count)]


@pytest.fixture
async def working(office: Office) -> Office:
    office.employ(services_with(office.ledger))
    return office


async def test_a_task_is_answered(working: Office) -> None:
    job = await working.ledger.add(NewJob("echo"), [NewItem({"colour": "green"})])
    assert (await ended(working, job)).result == {"echo": {"colour": "green"}, "attempt": 1}


async def test_a_task_that_comes_while_nothing_is_to_do_does_not_wait_for_a_look(working: Office) -> None:
    await ended(working, await working.ledger.add(NewJob("echo")))
    seconds = []
    for _ in range(5):
        before = time.monotonic()
        await ended(working, await working.ledger.add(NewJob("echo")))
        seconds.append(time.monotonic() - before)
    assert min(seconds) < 0.25  # looks are 30 seconds apart, and those of who waits 2


async def test_jobs_that_were_there_before_the_worker_are_done(office: Office) -> None:
    job = await office.ledger.add(NewJob("sleep"), items(100))
    office.employ(services_with(office.ledger))
    assert (await ended(office, job)).progress == Progress(100, done=100)
    results = [item.result for item in await office.ledger.items(job.id)]
    assert results == [{"square": number**2} for number in range(100)]


async def test_an_error_that_stays_ends_the_item_at_once(working: Office) -> None:
    job = await ended(working, await working.ledger.add(NewJob("fail")))
    assert (job.state, job.error) == (State.FAILED, Failure("InvalidMedia", "not an image or a video"))
    (item,) = await working.ledger.items(job.id)
    assert item.attempt == 1


async def test_an_error_that_may_pass_is_tried_again(working: Office) -> None:
    job = await working.ledger.add(NewJob("flaky", attempts=2), [NewItem({"times": n}) for n in (1, 1, 2)])
    assert (await ended(working, job)).progress == Progress(3, done=2, failed=1)
    *good, bad = await working.ledger.items(job.id)
    assert [item.result for item in good] == [{"attempt": 2}, {"attempt": 2}]
    assert (bad.attempt, bad.error) == (2, Failure("Overloaded", "too many"))


async def test_an_address_that_is_refused_is_not_tried_again(working: Office) -> None:
    job = await ended(working, await working.ledger.add(NewJob("refuse", attempts=9)))
    assert (job.state, job.error) == (State.FAILED, Failure("RefusedMedia", "its host is not public"))
    (item,) = await working.ledger.items(job.id)
    assert item.attempt == 1


async def test_a_handler_that_breaks_tells_users_nothing(working: Office) -> None:
    job = await ended(working, await working.ledger.add(NewJob("crash")))
    assert job.error == Failure("TaggerError", "internal error")
    assert (await ended(working, await working.ledger.add(NewJob("echo")))).state is State.DONE


async def test_a_kind_that_nobody_knows_is_an_error(working: Office) -> None:
    job = await ended(working, await working.ledger.add(NewJob("../echo")))
    assert job.error is not None
    assert job.error.message.startswith("'../echo' is none of the handlers: ")


async def test_a_handler_can_add_items_to_its_job(working: Office) -> None:
    job = await ended(working, await working.ledger.add(NewJob("list_more", {"count": 1500})))
    assert job.progress == Progress(1501, done=1501)
    first, *others = await working.ledger.items(job.id, limit=2000)
    assert first.result == {"added": 1500}
    assert sorted(item.result["key"] for item in others if item.result) == list(range(1500))


async def test_handlers_hear_that_their_job_is_cancelled(working: Office) -> None:
    job = await working.ledger.add(NewJob("until_cancelled"), items(20))
    while not (await working.ledger.items(job.id, [State.RUNNING])):  # noqa: ASYNC110 - nothing tells that one has begun
        await asyncio.sleep(0.01)
    before = time.monotonic()
    await working.ledger.cancel(job.id)
    left = await ended(working, job)
    assert time.monotonic() - before < 5  # a third of a lease is 10 seconds
    assert left.state is State.CANCELLED
    assert left.progress.done + left.progress.cancelled == 20
    assert left.progress.done >= 1


async def test_one_job_follows_another_at_once(working: Office) -> None:
    job = await ended(working, await working.ledger.add(NewJob("echo", then="echo")))
    (following, _), count = await working.ledger.latest()
    assert count == 2
    assert (await ended(working, following)).parameters == {"job": job.id}


async def test_what_is_not_finished_is_handed_back_when_the_worker_stops(
    office: Office, database_url: str, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    job = await office.ledger.add(NewJob("wait_for_file"), [NewItem({"file": str(gate)}) for _ in range(9)])
    first = Office(tmp_path, database_url, Rules(places=2, grace_seconds=0.1))
    first.employ(services_with(first.ledger))
    while not await office.ledger.items(job.id, [State.RUNNING]):  # noqa: ASYNC110 - nothing tells that one has begun
        await asyncio.sleep(0.01)
    await first.close()
    handed_back = await office.ledger.items(job.id)
    assert {(item.state, item.attempt) for item in handed_back} == {(State.WAITING, 0)}
    gate.touch()
    office.employ(services_with(office.ledger))
    assert (await ended(office, job)).progress == Progress(9, done=9)


async def test_two_processes_share_the_work(office: Office, database_url: str, tmp_path: Path) -> None:
    other = Office(tmp_path, database_url, Rules(places=4))
    async with aclosing(_Closing(other)):
        for one in (office, other):
            one.employ(services_with(one.ledger))
        job = await office.ledger.add(NewJob("sleep"), items(300))
        found = await other.ledger.wait([job.id], LONG)
        assert found[job.id].progress == Progress(300, done=300)
        assert {item.attempt for item in await office.ledger.items(job.id, limit=300)} == {1}


class _Closing:
    def __init__(self, office: Office) -> None:
        self._office = office

    async def aclose(self) -> None:
        await self._office.close()


@pytest.mark.usefixtures("working")
async def test_the_end_of_a_job_is_heard_by_who_waits_elsewhere(database_url: str, tmp_path: Path) -> None:
    elsewhere = Office(tmp_path, database_url, Rules(places=0))
    async with aclosing(_Closing(elsewhere)):
        gate = tmp_path / "gate"
        ledger: Ledger = elsewhere.ledger
        job = await ledger.add(NewJob("wait_for_file"), [NewItem({"file": str(gate)})])
        waiting = asyncio.create_task(ledger.wait([job.id], LONG))
        await asyncio.sleep(0.3)
        before = time.monotonic()
        gate.touch()
        assert (await waiting)[job.id].state is State.DONE
        assert time.monotonic() - before < 1.5  # looks are 2 seconds apart
