"""What came of the pictures of a job: counts, and one after the other; functions over a connection."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from image_tagger.domain.jobs import Failure, State
from image_tagger.jobs.chunks import LISTING, key_of_single
from image_tagger.jobs.tagging import CHUNK
from image_tagger.store.tables import items, jobs

SINGLES = items.c.key.is_not(None) & (items.c.key != LISTING)
COLUMNS = (
    items.c.number,
    items.c.key,
    items.c.payload,
    items.c.state,
    items.c.result,
    items.c.error_kind,
    items.c.error,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A picture of a job.

    number: its place there, from 0. labels: as JSON; None where it is not done. mark: behind which a page goes on.
    """

    number: int
    name: str
    state: State
    labels: list[dict[str, Any]] | None = None
    error: Failure | None = None
    mark: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """How many pictures a job has so far, and how many have ended in which way."""

    total: int = 0
    done: int = 0
    failed: int = 0
    cancelled: int = 0


def tally(connection: Connection, job_id: int) -> Tally:
    """Counts from the states of chunks, all of which but the last one are full; their pictures are not looked at."""
    chunks = _states(connection, (items.c.job_id == job_id) & items.c.key.is_(None))
    if not chunks:
        return Tally()
    singles = _states(connection, (items.c.job_id == job_id) & SINGLES)
    last, chunk = _last(connection, job_id), _chunk(connection, job_id)
    pictures = Counter({state: count * chunk for state, count in chunks.items()})
    if last is not None:
        pictures[State(last["state"])] -= chunk - len(last["payload"]["names"])
    undone = singles.total() - singles[State.DONE]
    return Tally(
        pictures.total(),
        max(pictures[State.DONE] - undone, 0),
        pictures[State.FAILED] + singles[State.FAILED],
        pictures[State.CANCELLED] + singles[State.CANCELLED],
    )


def last_chunk(connection: Connection, job_id: int) -> dict[str, Any] | None:
    """What the last chunk of a job that is being listed holds."""
    row = _last(connection, job_id)
    return None if row is None else row["payload"]


def page(connection: Connection, job_id: int, after: int, limit: int) -> list[Outcome]:
    """Pictures behind a number, in order: as many chunks as hold `limit` of them, cut there."""
    chunk = _chunk(connection, job_id)
    start = (after + 1) // chunk
    count = (after + limit) // chunk + 2 - start
    chosen = (items.c.job_id == job_id) & items.c.key.is_(None)
    wanted = select(*COLUMNS).where(chosen).order_by(items.c.number).offset(start).limit(count)
    rows = connection.execute(wanted).mappings().all()
    found = [one for one in _outcomes(connection, job_id, rows) if one.number > after]
    return found[:limit]


def failed_page(connection: Connection, job_id: int, after: int, limit: int) -> list[Outcome]:
    """Pictures that failed, in the order of their items: at least `limit`, where there are so many, of whole items."""
    chosen = (items.c.job_id == job_id) & (items.c.state == State.FAILED) & (items.c.number > after)
    chosen &= items.c.key.is_(None) | (items.c.key != LISTING)
    found: list[Outcome] = []
    for row in connection.execute(select(*COLUMNS).where(chosen).order_by(items.c.number).limit(limit)).mappings():
        first, names = row["payload"].get("number", row["payload"].get("first")), row["payload"]["names"]
        failure = _failure(row)
        for number, name in enumerate(names, first):
            found.append(Outcome(number, name, State.FAILED, error=failure, mark=row["number"]))
        if len(found) >= limit:
            break
    return found


def _chunk(connection: Connection, job_id: int) -> int:
    """How many pictures each of the job's chunks has, but for the last. The job may have been removed meanwhile."""
    parameters = connection.execute(select(jobs.c.parameters).where(jobs.c.id == job_id)).scalar_one_or_none()
    return int((parameters or {}).get("chunk", CHUNK))


def _outcomes(connection: Connection, job_id: int, rows: Sequence[RowMapping]) -> Iterator[Outcome]:
    alone = _singles(connection, job_id, rows)
    for row in rows:
        state, payload, failure = State(row["state"]), row["payload"], _failure(row)
        results = row["result"]["results"] if state is State.DONE else ()
        for number, name in enumerate(payload["names"], payload["first"]):
            if state is not State.DONE:
                yield Outcome(number, name, state, error=failure, mark=number)
            elif (labels := results[number - payload["first"]]) is not None:
                yield Outcome(number, name, state, labels, mark=number)
            elif number in alone:
                yield _single(alone[number], number)


def _singles(connection: Connection, job_id: int, rows: Sequence[RowMapping]) -> dict[int, RowMapping]:
    numbers = [
        row["payload"]["first"] + place
        for row in rows
        for place, labels in enumerate((row["result"] or {}).get("results", ()))
        if labels is None
    ]
    if not numbers:
        return {}
    keys = [key_of_single(number) for number in numbers]
    wanted = select(*COLUMNS).where(items.c.job_id == job_id, items.c.key.in_(keys))
    return {row["payload"]["number"]: row for row in connection.execute(wanted).mappings()}


def _single(row: RowMapping, number: int) -> Outcome:
    state = State(row["state"])
    labels = row["result"]["results"][0] if state is State.DONE else None
    return Outcome(number, row["payload"]["names"][0], state, labels, _failure(row), number)


def _failure(row: RowMapping) -> Failure | None:
    return None if row["error_kind"] is None else Failure(row["error_kind"], row["error"])


def _states(connection: Connection, chosen: Any) -> Counter[State]:
    counted = select(items.c.state, func.count()).where(chosen).group_by(items.c.state)
    return Counter({State(state): count for state, count in connection.execute(counted)})


def _last(connection: Connection, job_id: int) -> RowMapping | None:
    chosen = (items.c.job_id == job_id) & items.c.key.is_(None)
    wanted = select(items.c.payload, items.c.state).where(chosen).order_by(items.c.number.desc()).limit(1)
    return connection.execute(wanted).mappings().one_or_none()
