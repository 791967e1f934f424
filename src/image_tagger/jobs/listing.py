"""Items of a job come one part after the other, until its listing ends."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from image_tagger.domain.errors import InvalidRequest, UnknownJob
from image_tagger.domain.jobs import Job, NewItem
from image_tagger.jobs import ending
from image_tagger.jobs.adding import item_rows
from image_tagger.jobs.rows import job_of
from image_tagger.store.database import Insert
from image_tagger.store.tables import items, jobs


def extend(connection: Connection, insert: Insert, job_id: int, more: Sequence[NewItem], *, now: float) -> int:
    """Add items; those whose key the job has already are left out. Answers how many are new.

    Raises UnknownJob, and InvalidRequest for a job whose listing has ended.
    """
    job = _locked(connection, job_id, now)
    if not job.listing and job.state.ended:
        raise InvalidRequest("a job that has ended takes no more items")
    last = connection.execute(
        select(items.c.number).where(items.c.job_id == job_id).order_by(items.c.number.desc()).limit(1)
    ).scalar()
    rows = item_rows(job, more, 0 if last is None else last + 1, now)
    adding = insert(items).on_conflict_do_nothing().returning(items.c.id)
    count = len(connection.execute(adding, rows).all())
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(total=jobs.c.total + count))
    return count


def end_listing(connection: Connection, job_id: int, *, now: float) -> ending.Ended:
    """No more items come; the job ends when all have, which may be at once. Raises UnknownJob."""
    _locked(connection, job_id, now)
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(listing=False))
    return ending.settle(connection, {job_id: Counter()}, now=now)


def _locked(connection: Connection, job_id: int, now: float) -> Job:
    """The job, which no other transaction changes until this one ends."""
    changed = update(jobs).where(jobs.c.id == job_id).values(updated=now).returning(jobs)
    row = connection.execute(changed).mappings().one_or_none()
    if row is None:
        raise UnknownJob(f"job {job_id} not found")
    return job_of(row)
