"""The ledger on both databases: items are claimed once, end once, and jobs end with their items."""

import asyncio
import time
from collections.abc import Iterable

import pytest

from image_tagger.domain.errors import InvalidRequest, ShuttingDown, UnknownJob
from image_tagger.domain.jobs import Failure, Item, NewItem, NewJob, Progress, State
from image_tagger.jobs import changing
from image_tagger.jobs.claiming import CRASHES
from image_tagger.jobs.claims import Claim
from image_tagger.jobs.ending import Outcome
from image_tagger.jobs.ledger import CHUNK, Ledger
from image_tagger.jobs.reading import Wanted

LONG = 60.0
OVER = -1.0  # a lease that has run out when it is given


def claim(name: str = "me.1", count: int = 100, seconds: float = LONG, queue: str = "") -> Claim:
    return Claim(queue, name, count, seconds)


def numbered(count: int) -> Iterable[NewItem]:
    return (NewItem({"place": place}) for place in range(count))


def done(items: Iterable[Item]) -> list[Outcome]:
    return [Outcome(item, State.DONE, {"place": item.number}) for item in items]


async def test_a_job_of_one_item_has_its_result(ledger: Ledger) -> None:
    job = await ledger.add(NewJob("echo", {"colour": "green"}))
    (item,) = await ledger.claim(claim())
    assert (item.job.id, item.job.parameters, item.attempt) == (job.id, {"colour": "green"}, 1)
    assert (await ledger.job(job.id)).state is State.RUNNING
    assert await ledger.finish([Outcome(item, State.DONE, {"answer": [1, "ä\ud800"]})]) == 1
    ended = await ledger.job(job.id)
    assert (ended.state, ended.result, ended.error) == (State.DONE, {"answer": [1, "ä\ud800"]}, None)
    assert ended.ended is not None
    assert ended.created <= ended.ended <= time.time()


async def test_a_job_of_one_item_has_its_error(ledger: Ledger) -> None:
    job = await ledger.add(NewJob("echo"))
    (item,) = await ledger.claim(claim())
    await ledger.finish([Outcome(item, State.FAILED, error=Failure("InvalidMedia", "no image"))])
    ended = await ledger.job(job.id)
    assert (ended.state, ended.result, ended.error) == (State.FAILED, None, Failure("InvalidMedia", "no image"))


async def test_many_items_come_in_order_and_are_counted(ledger: Ledger) -> None:
    job = await ledger.add(NewJob("echo"), numbered(2 * CHUNK + 1))
    assert job.progress == Progress(total=2 * CHUNK + 1)
    assert not job.listing
    items = await ledger.claim(claim(count=10))
    assert [item.payload["place"] for item in items] == [item.number for item in items] == list(range(10))
    failed = [Outcome(items[0], State.FAILED, error=Failure("InvalidMedia", "no image"))]
    await ledger.finish([*failed, *done(items[1:])])
    assert (await ledger.job(job.id)).progress == Progress(2 * CHUNK + 1, done=9, failed=1)
    assert [item.error for item in await ledger.items(job.id, [State.FAILED])] == [failed[0].error]
    rest = await ledger.items(job.id, after=8, limit=2)
    assert [(item.number, item.state) for item in rest] == [(9, State.DONE), (10, State.WAITING)]


async def test_a_job_with_some_failures_is_done_and_one_with_nothing_else_has_failed(ledger: Ledger) -> None:
    for good, state in ((1, State.DONE), (0, State.FAILED)):
        job = await ledger.add(NewJob("echo"), numbered(3))
        items = await ledger.claim(claim())
        bad = [Outcome(item, State.FAILED, error=Failure("InvalidMedia", "no image")) for item in items[good:]]
        await ledger.finish([*done(items[:good]), *bad])
        assert (await ledger.job(job.id)).state is state


async def test_a_job_without_items_is_done_at_once(ledger: Ledger) -> None:
    job = await ledger.add(NewJob("echo"), [])
    assert (job.state, job.progress) == (State.DONE, Progress())


async def test_a_job_does_not_end_before_its_listing(ledger: Ledger) -> None:
    job = await ledger.add(NewJob("echo"), numbered(1), open_end=True)
    await ledger.finish(done(await ledger.claim(claim())))
    assert (await ledger.job(job.id)).state is State.RUNNING
    assert await ledger.extend(job.id, numbered(1)) == 1
    await ledger.finish(done(await ledger.claim(claim())))
    assert (await ledger.end_listing(job.id)).state is State.DONE
    with pytest.raises(InvalidRequest, match="takes no more items"):
        await ledger.extend(job.id, numbered(1))


async def test_who_has_lost_an_item_adds_nothing_in_its_name(ledger: Ledger) -> None:
    job = await ledger.add(NewJob("echo"), open_end=True, items=numbered(1))
    (slow,) = await ledger.claim(claim("slow.1", seconds=OVER))
    (fast,) = await ledger.claim(claim("fast.1"))
    with pytest.raises(ShuttingDown):
        await ledger.extend(job.id, numbered(2), by=slow)
    assert await ledger.extend(job.id, numbered(2), by=fast) == 2
    assert (await ledger.job(job.id)).progress.total == 3


async def test_half_a_job_is_cancelled(ledger: Ledger) -> None:
    def some_and_then_no_more() -> Iterable[NewItem]:
        yield from numbered(2 * CHUNK)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        await ledger.add(NewJob("echo"), some_and_then_no_more())
    ((job,), _) = await ledger.latest()
    assert (job.state, job.progress.cancelled) == (State.CANCELLED, 2 * CHUNK)


async def test_half_a_job_of_a_process_that_died_is_cancelled_when_it_is_old(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await ledger.add(NewJob("echo"), numbered(1), open_end=True)
    await ledger.finish(done(await ledger.claim(claim())))
    await ledger.forget(LONG)
    assert not (await ledger.job(job.id)).state.ended
    monkeypatch.setattr(changing, "LONG_AGO", 0.0)
    await ledger.forget(LONG)
    assert (await ledger.job(job.id)).state is State.CANCELLED


async def test_a_key_exists_once_in_a_job(ledger: Ledger) -> None:
    keyed = [NewItem({"n": number}, key=f"file {number}") for number in range(3)]
    job = await ledger.add(NewJob("echo"), keyed[:2], open_end=True)
    assert await ledger.extend(job.id, keyed) == 1
    assert await ledger.extend(job.id, keyed) == 0
    await ledger.add(NewJob("echo"), keyed)
    ended = await ledger.end_listing(job.id)
    assert ended.progress.total == 3
    assert [item.key for item in await ledger.items(job.id)] == ["file 0", "file 1", "file 2"]


async def test_nobody_claims_what_another_holds(ledger: Ledger) -> None:
    await ledger.add(NewJob("echo"), numbered(200))
    claims = await asyncio.gather(*(ledger.claim(claim(f"worker{n}.1", 30)) for n in range(10)))
    ids = [item.id for items in claims for item in items]
    assert len(ids) == len(set(ids)) == 200


async def test_who_holds_an_item_too_long_loses_it(ledger: Ledger) -> None:
    job = await ledger.add(NewJob("echo"))
    (slow,) = await ledger.claim(claim("slow.1", seconds=OVER))
    (fast,) = await ledger.claim(claim("fast.1"))
    assert (fast.id, fast.attempt) == (slow.id, 2)
    assert await ledger.finish([Outcome(slow, State.DONE, {"by": "slow"})]) == 0
    assert await ledger.finish([Outcome(fast, State.DONE, {"by": "fast"})]) == 1
    assert await ledger.finish([Outcome(fast, State.FAILED, error=Failure("GaveUp", "late"))]) == 0
    ended = await ledger.job(job.id)
    assert (ended.state, ended.result, ended.progress) == (State.DONE, {"by": "fast"}, Progress(1, done=1))


async def test_a_lease_that_is_kept_holds(ledger: Ledger) -> None:
    await ledger.add(NewJob("echo"), numbered(2))
    kept = await ledger.claim(claim("me.1", 1, seconds=OVER))
    lost = await ledger.claim(claim("me.2", 2, seconds=OVER))
    assert [item.number for item in lost] == [0, 1]
    assert await ledger.keep([*kept, lost[1]], LONG) == ({lost[1].id}, set())
    assert [item.number for item in await ledger.claim(claim("me.3"))] == [0]


async def test_an_item_that_ends_nobody_is_given_up(ledger: Ledger) -> None:
    job = await ledger.add(NewJob("echo"))
    for attempt in range(CRASHES):
        (item,) = await ledger.claim(claim(f"me.{attempt}", seconds=OVER))
        assert item.attempt == attempt + 1
    assert await ledger.claim(claim("me.9")) == []
    ended = await ledger.job(job.id)
    assert (ended.state, ended.error and ended.error.kind) == (State.FAILED, "GaveUp")


async def test_an_item_can_wait_for_another_attempt(ledger: Ledger) -> None:
    await ledger.add(NewJob("echo"))
    (item,) = await ledger.claim(claim("me.1"))
    error = Failure("UnreachableMedia", "no answer")
    await ledger.finish([Outcome(item, State.WAITING, error=error, delay=0.2)])
    assert await ledger.claim(claim("me.2")) == []
    due = await ledger.next_due("")
    assert due is not None
    assert 0 < due - time.time() <= 0.2
    await asyncio.sleep(0.25)
    (again,) = await ledger.claim(claim("me.3"))
    assert (again.attempt, again.errors) == (2, 1)


async def test_an_item_that_is_handed_back_has_not_been_tried(ledger: Ledger) -> None:
    await ledger.add(NewJob("echo"))
    (item,) = await ledger.claim(claim("me.1"))
    await ledger.finish([Outcome(item, State.WAITING)])
    (again,) = await ledger.claim(claim("me.2"))
    assert (again.attempt, again.errors) == (1, 0)


async def test_a_worker_that_died_frees_what_it_held(ledger: Ledger) -> None:
    await ledger.add(NewJob("echo"), numbered(3))
    await ledger.claim(claim("dead.1", 2))
    await ledger.claim(claim("deadly.1", 1))
    assert await ledger.release_all("dead") == 2
    assert [item.number for item in await ledger.claim(claim("me.1"))] == [0, 1]


async def test_cancelling_stops_what_has_not_begun(ledger: Ledger) -> None:
    job = await ledger.add(NewJob("echo"), numbered(10))
    begun = await ledger.claim(claim(count=2))
    leaving = await ledger.cancel(job.id)
    assert (leaving.state, leaving.cancelling, leaving.progress.cancelled) == (State.RUNNING, True, 8)
    assert await ledger.claim(claim("other.1")) == []
    assert (await ledger.keep(begun, LONG))[1] == {job.id}
    await ledger.finish(done(begun))
    ended = await ledger.job(job.id)
    assert (ended.state, ended.progress) == (State.CANCELLED, Progress(10, done=2, cancelled=8))
    assert await ledger.cancel(job.id) == ended


async def test_cancelling_takes_what_nobody_holds_any_more(ledger: Ledger) -> None:
    job = await ledger.add(NewJob("echo"), numbered(3))
    (lost,) = await ledger.claim(claim("dead.1", 1, seconds=OVER))
    ended = await ledger.cancel(job.id)
    assert (ended.state, ended.progress) == (State.CANCELLED, Progress(3, cancelled=3))
    assert await ledger.finish(done([lost])) == 0


async def test_an_item_of_a_cancelled_job_is_not_tried_again(ledger: Ledger) -> None:
    job = await ledger.add(NewJob("echo"))
    (item,) = await ledger.claim(claim())
    await ledger.cancel(job.id)
    await ledger.finish([Outcome(item, State.WAITING)])
    assert await ledger.claim(claim("me.2")) == []
    assert (await ledger.job(job.id)).state is State.CANCELLED


async def test_what_failed_can_be_tried_again(ledger: Ledger) -> None:
    job = await ledger.add(NewJob("echo"), numbered(3))
    first, *others = await ledger.claim(claim())
    failed = [Outcome(item, State.FAILED, error=Failure("InvalidMedia", "no image")) for item in others]
    await ledger.finish([*done([first]), *failed])
    assert await ledger.retry(job.id) == 2
    assert (await ledger.job(job.id)).state is State.WAITING
    again = await ledger.claim(claim("me.2"))
    assert [(item.number, item.attempt) for item in again] == [(1, 1), (2, 1)]
    await ledger.finish(done(again))
    ended = await ledger.job(job.id)
    assert (ended.state, ended.progress) == (State.DONE, Progress(3, done=3))
    assert await ledger.retry(job.id) == 0


async def test_one_job_follows_another(ledger: Ledger) -> None:
    job = await ledger.add(NewJob("echo", then="fail"))
    await ledger.finish(done(await ledger.claim(claim())))
    (item,) = await ledger.claim(claim())
    assert (item.job.kind, item.job.parameters) == ("fail", {"job": job.id})


async def test_old_jobs_are_forgotten(ledger: Ledger) -> None:
    old = await ledger.add(NewJob("echo"), numbered(3))
    await ledger.finish(done(await ledger.claim(claim())))
    unfinished = await ledger.add(NewJob("echo"), numbered(3))
    assert await ledger.forget(LONG) == 0
    await asyncio.sleep(0.01)
    assert await ledger.forget(0) == 4
    with pytest.raises(UnknownJob):
        await ledger.job(old.id)
    assert (await ledger.job(unfinished.id)).progress.total == 3


async def test_many_may_forget_at_the_same_time(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changing, "SOME", 7)
    for _ in range(3):
        await ledger.add(NewJob("echo"), numbered(20))
    while claimed := await ledger.claim(claim()):
        await ledger.finish(done(claimed))
    counts = await asyncio.gather(*(ledger.forget(-LONG) for _ in range(6)))
    await ledger.forget(-LONG)
    assert sum(counts) <= 63
    assert (await ledger.latest())[1] == 0


async def test_a_small_job_does_not_wait_for_a_large_one(ledger: Ledger) -> None:
    await ledger.add(NewJob("echo"), numbered(50))
    await ledger.claim(claim("me.1", 10))
    small = await ledger.add(NewJob("echo"))
    (first,) = await ledger.claim(claim("me.2", 1))
    assert first.job.id == small.id


async def test_a_queue_is_for_its_own_workers(ledger: Ledger) -> None:
    await ledger.add(NewJob("echo", queue="mine"))
    assert await ledger.claim(claim()) == []
    assert await ledger.next_due("") is None
    assert len(await ledger.claim(claim(queue="mine"))) == 1


async def test_jobs_are_listed_latest_first(ledger: Ledger) -> None:
    jobs = [await ledger.add(NewJob(kind)) for kind in ("echo", "fail", "echo")]
    page, count = await ledger.latest(limit=2)
    assert ([job.id for job in page], count) == ([jobs[2].id, jobs[1].id], 3)
    page, count = await ledger.latest(Wanted(["echo"], [State.WAITING]), offset=1)
    assert ([job.id for job in page], count) == ([jobs[0].id], 2)
    assert await ledger.jobs([jobs[0].id, 7]) == {jobs[0].id: jobs[0]}


async def test_an_unknown_job_is_said_to_be_unknown(ledger: Ledger) -> None:
    for ask in (ledger.job, ledger.items, ledger.cancel, ledger.retry, ledger.end_listing):
        with pytest.raises(UnknownJob, match="job 12 not found"):
            await ask(12)
    with pytest.raises(UnknownJob):
        await ledger.extend(12, numbered(1))


async def test_waiting_ends_with_the_last_of_the_jobs(ledger: Ledger) -> None:
    jobs = [await ledger.add(NewJob("echo")) for _ in range(2)]
    waiting = asyncio.create_task(ledger.wait([job.id for job in jobs], LONG))
    items = await ledger.claim(claim())
    await ledger.finish(done(items[:1]))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await ledger.finish(done(items[1:]))
    async with asyncio.timeout(1):
        assert {job.state for job in (await waiting).values()} == {State.DONE}


async def test_waiting_has_an_end(ledger: Ledger) -> None:
    job = await ledger.add(NewJob("echo"))
    assert (await ledger.wait([job.id, 7], 0.05))[job.id].state is State.WAITING
