"""Items are claimed, kept and handed back: who does what, and until when."""

from collections.abc import Collection

from sqlalchemy import Connection, func, select, tuple_, update

from image_tagger.domain.errors import ShuttingDown
from image_tagger.domain.jobs import Failure, Item, Job, State
from image_tagger.jobs import ending
from image_tagger.jobs.claims import Claim
from image_tagger.jobs.rows import item_of, job_of
from image_tagger.store.tables import items, jobs

CRASHES = 5  # claims of an item that nobody has ended; then it is the item that kills workers


def claim(connection: Connection, asked: Claim, *, now: float) -> tuple[list[Item], ending.Ended]:
    """Claim items whose time has come, the first ones of every job first; also those whose lease has run out.

    Answers the items to do, and the jobs that ended because nothing of them was left to do.
    """
    due = (
        select(items.c.id)
        .where(items.c.queue == asked.queue, items.c.due <= now)
        .order_by(items.c.number, items.c.due)
        .limit(asked.count)
        .with_for_update(skip_locked=True)
    )
    claimed = (
        update(items)
        .where(items.c.id.in_(due))
        .values(state=State.RUNNING, token=asked.token, due=now + asked.seconds, claims=items.c.claims + 1)
        .returning(items)
    )
    rows = connection.execute(claimed).mappings().all()
    theirs = _begin(connection, {row["job_id"] for row in rows}, now)
    good: list[Item] = []
    over: list[ending.Outcome] = []
    for row in rows:
        item = item_of(row, theirs[row["job_id"]])
        if item.job.cancelling:
            over.append(ending.Outcome(item, State.CANCELLED))
        elif row["claims"] - row["errors"] > CRASHES:
            over.append(ending.Outcome(item, State.FAILED, error=_gave_up()))
        else:
            good.append(item)
    _, ended = ending.finish(connection, over, now=now) if over else (0, [])
    return sorted(good, key=lambda item: (item.number, item.id)), ended


def keep(connection: Connection, held: Collection[Item], seconds: float, *, now: float) -> tuple[set[int], set[int]]:
    """Hold items for longer. Answers the ids of those that are still held, and of jobs that are being cancelled."""
    renewed = (
        update(items)
        .where(
            items.c.id.in_([one.id for one in held]),  # also said alone, for SQLite finds pairs by looking at every row
            tuple_(items.c.id, items.c.token).in_([(item.id, item.token) for item in held]),
            items.c.state == State.RUNNING,
        )
        .values(due=now + seconds)
        .returning(items.c.id)
    )
    kept = set(connection.execute(renewed).scalars())
    mine = {item.job.id for item in held}
    leaving = select(jobs.c.id).where(jobs.c.id.in_(mine), jobs.c.cancelling)
    return kept, set(connection.execute(leaving).scalars())


def check_held(connection: Connection, item: Item) -> None:
    """Raises ShuttingDown where the item has gone to another; if not, it stays until the transaction ends."""
    held = select(items.c.token).where(items.c.id == item.id, items.c.state == State.RUNNING).with_for_update()
    if connection.execute(held).scalar() != item.token:
        raise ShuttingDown("another worker goes on with this")


def release_all(connection: Connection, worker: str, *, now: float) -> int:
    """Let others have what a worker holds that has ended without a word; answer how many items."""
    free = (
        update(items)
        .where(items.c.due.is_not(None), items.c.state == State.RUNNING, items.c.token.like(f"{worker}.%"))
        .values(due=now)
    )
    return connection.execute(free).rowcount


def next_due(connection: Connection, queue: str) -> float | None:
    """When the next item may be claimed, in seconds since 1970; None where nothing is left to do."""
    return connection.execute(
        select(func.min(items.c.due)).where(items.c.queue == queue, items.c.due.is_not(None))
    ).scalar()


def _begin(connection: Connection, ids: set[int], now: float) -> dict[int, Job]:
    """The jobs of these ids, begun."""
    found = connection.execute(select(jobs).where(jobs.c.id.in_(ids)).order_by(jobs.c.id)).mappings()
    begun = {row["id"]: job_of(row) for row in found}
    for job in begun.values():
        if job.state is State.WAITING:
            waiting = update(jobs).where(jobs.c.id == job.id, jobs.c.state == State.WAITING)
            connection.execute(waiting.values(state=State.RUNNING, updated=now))
    return begun


def _gave_up() -> Failure:
    return Failure("GaveUp", f"gave up: {CRASHES} attempts ended without an answer")
