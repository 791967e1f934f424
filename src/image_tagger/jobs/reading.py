"""What the ledger knows."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, literal_column, select, true

from image_tagger.domain.errors import UnknownJob
from image_tagger.domain.jobs import ENDED, Item, Job, Json, State
from image_tagger.jobs.rows import item_of, job_of
from image_tagger.store.tables import items, jobs


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which jobs: of all kinds and states where none is named, and of all queues unless one is."""

    kinds: Collection[str] = ()
    states: Collection[State] = ()
    queue: str | None = None

    @property
    def condition(self) -> ColumnElement[bool]:
        """The same in SQL."""
        kinds = jobs.c.kind.in_(self.kinds) if self.kinds else true()
        queue = true() if self.queue is None else jobs.c.queue == self.queue
        return kinds & queue & (jobs.c.state.in_(self.states) if self.states else true())


def job(connection: Connection, job_id: int, *, alone: bool = False) -> Job:
    """One job; `alone`: no other transaction changes it until this one ends. Raises UnknownJob."""
    wanted = select(jobs).where(jobs.c.id == job_id)
    found = connection.execute(wanted.with_for_update() if alone else wanted).mappings().one_or_none()
    if found is None:
        raise UnknownJob(f"job {job_id} not found")
    return job_of(found)


def some(connection: Connection, ids: Collection[int]) -> dict[int, Job]:
    """Those of these jobs that exist."""
    found = connection.execute(select(jobs).where(jobs.c.id.in_(set(ids)))).mappings()
    return {row["id"]: job_of(row) for row in found}


def latest(connection: Connection, wanted: Wanted, limit: int, offset: int) -> tuple[list[Job], int]:
    """A page of jobs, the latest first, and how many there are in all."""
    matching = select(jobs).where(wanted.condition)
    page = matching.order_by(jobs.c.created.desc(), jobs.c.id.desc()).limit(limit).offset(offset)
    count = connection.execute(select(func.count()).select_from(jobs).where(wanted.condition)).scalar_one()
    return [job_of(row) for row in connection.execute(page).mappings()], count


def in_states(states: Collection[State]) -> ColumnElement[bool]:
    """Items in one of these states; with the words as they are in the index of failed ones, so that it is used."""
    if len(states) == 1:
        return items.c.state == literal_column(f"'{next(iter(states)).value}'")
    return items.c.state.in_(states)


def items_of(
    connection: Connection, job_id: int, states: Collection[State] = (), after: int = -1, limit: int = 100
) -> list[Item]:
    """The next items of a job in the order of their numbers. Raises UnknownJob."""
    its_job = job(connection, job_id)
    chosen = (items.c.job_id == job_id) & (items.c.number > after)
    if states:
        chosen &= in_states(states)
    found = connection.execute(select(items).where(chosen).order_by(items.c.number).limit(limit)).mappings()
    return [item_of(row, its_job) for row in found]


def open_payloads(connection: Connection, kind: str) -> list[Json]:
    """The payloads of all items of this kind that have not ended."""
    wanted = select(items.c.payload).join(jobs, items.c.job_id == jobs.c.id)
    return list(connection.scalars(wanted.where(jobs.c.kind == kind, items.c.state.not_in(ENDED))))
