"""Small jobs go straight to the worker of the process that adds them; what stands beside a job goes with it."""

import asyncio

import pytest
from sqlalchemy import Connection

from image_tagger.domain.errors import UnknownJob
from image_tagger.domain.jobs import Failure, Job, NewItem, NewJob, State
from image_tagger.jobs import reading
from image_tagger.jobs.claims import Claim
from image_tagger.jobs.ending import Outcome
from image_tagger.jobs.ledger import Ledger
from image_tagger.jobs.office import Office
from tests.jobs.acting import services_with

pytestmark = pytest.mark.usefixtures("acts")
LONG = 30.0
PLACES = 4


@pytest.fixture
async def working(office: Office) -> Office:
    office.employ(services_with(office.ledger))
    await office.ledger.wait([(await office.ledger.add(NewJob("echo"))).id], LONG)
    return office


async def test_one_item_begins_as_it_is_added(working: Office) -> None:
    job = await working.ledger.add(NewJob("echo"), [NewItem({"colour": "green"})])
    assert job.state is State.RUNNING
    ended = (await working.ledger.wait([job.id], LONG))[job.id]
    assert (ended.state, ended.result) == (State.DONE, {"echo": {"colour": "green"}, "attempt": 1})


async def test_more_than_there_are_places_wait_their_turn(working: Office) -> None:
    asked = [NewItem({"n": number}) for number in range(5 * PLACES)]
    jobs = await asyncio.gather(*(working.ledger.add(NewJob("echo"), [item]) for item in asked))
    ended = await working.ledger.wait([job.id for job in jobs], LONG)
    assert {job.state for job in jobs} == {State.RUNNING, State.WAITING}
    assert [ended[job.id].result for job in jobs] == [{"echo": item.payload, "attempt": 1} for item in asked]


async def test_other_queues_have_their_own_workers(working: Office) -> None:
    job = await working.ledger.add(NewJob("echo", queue="other"))
    assert job.state is State.WAITING


@pytest.mark.parametrize("count", [1, 2])
async def test_what_stands_beside_a_job_fails_with_it(working: Office, count: int) -> None:
    added: list[int] = []

    def refuse(connection: Connection, job: Job) -> None:
        assert reading.job(connection, job.id) == job
        added.append(job.id)
        raise LookupError

    with pytest.raises(LookupError):
        await working.ledger.add(NewJob("echo"), [NewItem()] * count, beside=refuse)
    with pytest.raises(UnknownJob):
        await working.ledger.job(added[0])
    for _ in range(2 * PLACES):  # the place that was promised is free again
        job = await working.ledger.add(NewJob("echo"))
        assert (await working.ledger.wait([job.id], LONG))[job.id].state is State.DONE


async def test_an_error_may_say_anything(ledger: Ledger) -> None:
    job = await ledger.add(NewJob("echo"))
    (item,) = await ledger.claim(Claim("", "me.1", 1, LONG))
    await ledger.finish([Outcome(item, State.FAILED, error=Failure("InvalidModel", "no input 'a\0b\ud800'"))])
    assert (await ledger.job(job.id)).error == Failure("InvalidModel", "no input 'ab?'")
