"""Items end, or go back to wait for another attempt; jobs end with the last of theirs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from image_tagger.domain.jobs import Failure, Item, Job, Json, NewItem, NewJob, State
from image_tagger.jobs import adding
from image_tagger.jobs.rows import columns_of, job_of
from image_tagger.store.tables import items, jobs

Counts = Counter[State]  # items of a job that went into a state
Ended = list[Job]  # those that have ended with this transaction
FINISH = (
    update(items)
    .where(items.c.id == bindparam("item_id"))
    .values(
        state=bindparam("new_state"),
        due=bindparam("new_due"),
        errors=items.c.errors + bindparam("more_errors"),
        claims=items.c.claims - bindparam("fewer_claims"),
        token=None,
        result=bindparam("new_result"),
        error_kind=bindparam("new_error_kind"),
        error=bindparam("new_error"),
    )
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one claim of an item went.

    state: DONE, FAILED, CANCELLED, or WAITING for another attempt `delay` seconds from now. `error` with WAITING counts
    as an attempt; without, the item was handed back and nothing is counted.
    """

    item: Item
    state: State
    result: Json | None = None
    error: Failure | None = None
    delay: float = 0.0


def finish(connection: Connection, outcomes: Sequence[Outcome], *, now: float) -> tuple[int, Ended]:
    """Write down the outcomes of claims that still hold; answer how many did, and the jobs that have ended by them."""
    holding = _held(connection, outcomes)
    held = [outcome for outcome in outcomes if (outcome.item.id, outcome.item.token) in holding]
    if not held:
        return 0, []
    held = _without_further_attempts(connection, held)
    connection.execute(FINISH, [_values(outcome, now) for outcome in held])
    changes: dict[int, Counts] = {}
    for outcome in held:
        changes.setdefault(outcome.item.job.id, Counter())[outcome.state] += 1
    return len(held), settle(connection, changes, now=now)


def settle(connection: Connection, changes: Mapping[int, Counts], *, now: float) -> Ended:
    """Count items that have ended; end the jobs of which no item is left. The caller's items are locked already."""
    ended = []
    for job_id, counts in sorted(changes.items()):  # in one order everywhere, so that nobody waits in a circle
        counted = (
            update(jobs)
            .where(jobs.c.id == job_id)
            .values(
                done=jobs.c.done + counts[State.DONE],
                failed=jobs.c.failed + counts[State.FAILED],
                cancelled=jobs.c.cancelled + counts[State.CANCELLED],
                updated=now,
            )
            .returning(jobs)
        )
        row = connection.execute(counted).mappings().one_or_none()
        job = job_of(row) if row else None
        if job and not job.listing and not job.state.ended and job.progress.ended >= job.progress.total:
            ended.append(_end(connection, job, now))
    return ended


def _without_further_attempts(connection: Connection, held: list[Outcome]) -> list[Outcome]:
    """What would wait again is cancelled where its job is."""
    waiting = {outcome.item.job.id for outcome in held if outcome.state is State.WAITING}
    if not waiting:
        return held
    found = connection.execute(select(jobs.c.id).where(jobs.c.id.in_(waiting), jobs.c.cancelling))
    over = set(found.scalars())
    return [
        replace(outcome, state=State.CANCELLED)
        if outcome.state is State.WAITING and outcome.item.job.id in over
        else outcome
        for outcome in held
    ]


def _held(connection: Connection, outcomes: Sequence[Outcome]) -> set[tuple[int, str | None]]:
    """Which claims still hold; their rows are locked, where the database locks rows."""
    ids = sorted(outcome.item.id for outcome in outcomes)
    found = select(items.c.id, items.c.token).where(items.c.id.in_(ids), items.c.state == State.RUNNING)
    return {(row.id, row.token) for row in connection.execute(found.order_by(items.c.id).with_for_update())}


def _values(outcome: Outcome, now: float) -> dict[str, Any]:
    waits = outcome.state is State.WAITING
    error = columns_of(outcome.error)
    return {
        "item_id": outcome.item.id,
        "new_state": outcome.state,
        "new_due": now + outcome.delay if waits else None,
        "more_errors": int(waits and outcome.error is not None),
        "fewer_claims": int(waits and outcome.error is None),
        "new_result": None if outcome.result is None else dict(outcome.result),
        "new_error_kind": error["error_kind"],
        "new_error": error["error"],
    }


def _end(connection: Connection, job: Job, now: float) -> Job:
    values: dict[str, Any] = {"state": State.CANCELLED if job.cancelling else job.progress.state, "ended": now}
    if job.progress.total == 1:
        only = select(items.c.result, items.c.error_kind, items.c.error).where(items.c.job_id == job.id)
        values |= dict(connection.execute(only).mappings().one())
    changed = update(jobs).where(jobs.c.id == job.id).values(values).returning(jobs)
    ended = job_of(connection.execute(changed).mappings().one())
    if job.then:
        following = NewJob(job.then, {"job": job.id}, queue=job.queue)
        adding.add_job(connection, following, [NewItem()], now=now, listing=False)
    return ended
