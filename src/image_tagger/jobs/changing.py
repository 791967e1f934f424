"""Jobs are cancelled, tried again and forgotten, some items at a time, so that others get their turn."""

from collections import Counter

from sqlalchemy import Connection, delete, func, select, update

from image_tagger.domain.jobs import Job, State
from image_tagger.jobs import ending, reading
from image_tagger.store.tables import items, jobs

SOME = 5_000  # items of one transaction
LONG_AGO = 3600.0  # seconds without a new item, while all others have ended


def begin_cancelling(connection: Connection, job_id: int, *, now: float) -> ending.Ended:
    """No other item of the job begins. Raises UnknownJob; a job that has ended stays as it is."""
    job = reading.job(connection, job_id)
    if job.state.ended:
        return []
    leaving = update(jobs).where(jobs.c.id == job_id, jobs.c.ended.is_(None))
    connection.execute(leaving.values(cancelling=True, listing=False, updated=now))
    return ending.settle(connection, {job_id: Counter()}, now=now)


def cancel_some(connection: Connection, job_id: int, first: int, *, now: float) -> tuple[int | None, ending.Ended]:
    """Cancel items that have not begun, or that nobody holds any more, from a number on.

    Answers from which number to go on, None after the last.
    """
    last = connection.execute(select(func.max(items.c.number)).where(items.c.job_id == job_id)).scalar()
    if last is None or first > last:
        return None, []
    these = (items.c.job_id == job_id) & items.c.number.between(first, first + SOME - 1)
    idle = (items.c.state == State.WAITING) | ((items.c.state == State.RUNNING) & (items.c.due <= now))
    stopped = update(items).where(these, idle).values(state=State.CANCELLED, due=None, token=None)
    count = connection.execute(stopped).rowcount
    counts = {job_id: Counter({State.CANCELLED: count})} if count else {}
    return first + SOME, ending.settle(connection, counts, now=now)


def cancel_halves(connection: Connection, *, now: float) -> ending.Ended:
    """Cancel jobs whose items have all ended while more were to come, long ago: who added them has died."""
    ended = jobs.c.done + jobs.c.failed + jobs.c.cancelled
    left = select(jobs.c.id).where(jobs.c.listing, ended >= jobs.c.total, jobs.c.updated < now - LONG_AGO)
    found = connection.execute(left.with_for_update(skip_locked=True)).scalars().all()
    return [job for job_id in found for job in begin_cancelling(connection, job_id, now=now)]


def retry_some(connection: Connection, job_id: int, *, now: float) -> int:
    """Let items that failed wait for another round of attempts; answer how many. Raises UnknownJob."""
    job = reading.job(connection, job_id, alone=True)
    if job.state is State.CANCELLED or job.cancelling:
        return 0
    failed = (items.c.job_id == job_id) & reading.in_states([State.FAILED])
    first = select(items.c.id).where(failed).limit(SOME).with_for_update(skip_locked=True)
    again = update(items).where(items.c.id.in_(first))
    count = connection.execute(again.values(state=State.WAITING, due=now, claims=0, errors=0, result=None)).rowcount
    if count:
        _reopen(connection, job, count, now)
    return count


def forget_some(connection: Connection, before: float) -> int:
    """Remove items of a job that ended before that moment, and the job with the last of them; answer how many rows."""
    old = select(jobs.c.id).where(jobs.c.ended < before).order_by(jobs.c.ended).limit(1)
    job_id = connection.execute(old.with_for_update(skip_locked=True)).scalar()  # others have it: it is in good hands
    if job_id is None:
        return 0
    first = select(items.c.id).where(items.c.job_id == job_id).limit(SOME)
    count = connection.execute(delete(items).where(items.c.id.in_(first))).rowcount
    if count < SOME:
        count += connection.execute(delete(jobs).where(jobs.c.id == job_id)).rowcount
    return count


def _reopen(connection: Connection, job: Job, count: int, now: float) -> None:
    values = {"failed": jobs.c.failed - count, "updated": now}
    if job.state.ended:
        values |= {"state": State.WAITING, "ended": None, "result": None, "error_kind": None, "error": None}
    connection.execute(update(jobs).where(jobs.c.id == job.id).values(values))
