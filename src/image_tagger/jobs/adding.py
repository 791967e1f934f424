"""Jobs come into the ledger with their first items."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from image_tagger.domain.jobs import Item, Job, NewItem, NewJob, State
from image_tagger.jobs.claims import Claim
from image_tagger.jobs.rows import item_of, job_of
from image_tagger.store.ids import new_id
from image_tagger.store.tables import items, jobs

TRIES = 5  # to find an id that no other job of this second has


def add_job(connection: Connection, job: NewJob, first: Sequence[NewItem], *, now: float, listing: bool = True) -> Job:
    """A new job with its first items; where `listing`, more may come."""
    added = _with_new_id(connection, _job_row(job, State.WAITING, len(first), now) | {"listing": listing}, now)
    if first:
        connection.execute(items.insert(), item_rows(added, first, 0, now))
    return added


def add_claimed(connection: Connection, job: NewJob, only: NewItem, claim: Claim, *, now: float) -> Item:
    """A new job of one item, which has begun as it is added: that saves its worker looking for it."""
    added = _with_new_id(connection, _job_row(job, State.RUNNING, 1, now), now)
    (row,) = item_rows(added, [only], 0, now)
    row |= {"state": State.RUNNING, "token": claim.token, "due": now + claim.seconds, "claims": 1}
    return item_of(connection.execute(items.insert().values(row).returning(items)).mappings().one(), added)


def _job_row(job: NewJob, state: State, total: int, now: float) -> dict[str, Any]:
    return {
        "kind": job.kind,
        "state": state,
        "queue": job.queue,
        "parameters": dict(job.parameters),
        "attempts": job.attempts,
        "then": job.then,
        "listing": False,
        "cancelling": False,
        "total": total,
        "done": 0,
        "failed": 0,
        "cancelled": 0,
        "created": now,
        "updated": now,
    }


def _with_new_id(connection: Connection, row: dict[str, Any], now: float) -> Job:
    for left in reversed(range(TRIES)):
        try:
            with _undone_alone(connection):
                added = connection.execute(jobs.insert().values(id=new_id(now), **row).returning(jobs))
                return job_of(added.mappings().one())
        except IntegrityError:
            if not left:
                raise
    raise AssertionError


def _undone_alone(connection: Connection) -> AbstractContextManager[object]:
    """In SQLite a statement that fails leaves the transaction as it was, without the cost of a savepoint."""
    return nullcontext() if connection.dialect.name == "sqlite" else connection.begin_nested()


def item_rows(job: Job, new: Sequence[NewItem], start: int, now: float) -> list[dict[str, Any]]:
    """Rows of `items`, numbered from `start`."""
    return [
        {
            "job_id": job.id,
            "number": number,
            "key": item.key,
            "queue": job.queue,
            "payload": dict(item.payload),
            "state": State.WAITING,
            "due": now,
            "claims": 0,
            "errors": 0,
        }
        for number, item in enumerate(new, start)
    ]
