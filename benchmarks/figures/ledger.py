"""The ledger of jobs: cycles of claiming and finishing, and what a second worker adds on PostgreSQL."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from sqlalchemy import Connection, text

from benchmarks import sleeping
from benchmarks.figure import Figure, NotMeasured, Row, Setup, Spread
from benchmarks.workers import worker
from image_tagger.domain.jobs import NewItem, NewJob, State
from image_tagger.jobs.claims import Claim
from image_tagger.jobs.ending import Outcome
from image_tagger.jobs.ledger import Ledger
from image_tagger.jobs.office import Office
from image_tagger.jobs.rules import Rules

T = TypeVar("T")
CYCLES_SQLITE, CYCLES_POSTGRESQL, TWICE = 5_000, 2_000, 1.7
CHUNK = 100  # items of one claim
WAITS = 0.02  # seconds that an item of the job waits that is bound by input and output
HEAD_START = 3.0  # seconds for processes to start
COUNT_ENDS = (
    "CREATE TABLE ends (item BIGINT PRIMARY KEY)",
    """CREATE FUNCTION count_end() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO ends VALUES (NEW.id); RETURN NULL; END'""",
    """CREATE TRIGGER count_ends AFTER UPDATE OF state ON items FOR EACH ROW
    WHEN (NEW.state IN ('done', 'failed', 'cancelled')) EXECUTE FUNCTION count_end()""",
)


def measure(setup: Setup) -> Figure:
    """SQLite in a file; PostgreSQL as a cluster of its own with the settings that it comes with."""
    with TemporaryDirectory() as folder:
        sqlite = _cycles(f"sqlite:///{folder}/ledger.sqlite3", setup)
    with postgresql() as new_database, sleeping.installed() as path:
        rows = (
            _cycles_row("SQLite", sqlite, CYCLES_SQLITE),
            _cycles_row("PostgreSQL", _cycles(new_database(), setup), CYCLES_POSTGRESQL),
            _twice(new_database(), path, setup),
            _once(new_database(), path, setup),
        )
    return Figure(rows)


@contextmanager
def postgresql() -> Iterator[Callable[[], str]]:
    """A cluster; gives URLs of empty databases. Raises NotMeasured where PostgreSQL is not installed."""
    try:
        from tests.postgresql import Cluster, find_programs  # noqa: PLC0415 - needs an extra
    except ImportError as error:
        raise NotMeasured("needs pip install 'image-tagger[postgres]'") from error
    programs = find_programs()
    if programs is None:
        raise NotMeasured("PostgreSQL is not installed here")
    with TemporaryDirectory(prefix="image-tagger-postgresql-") as folder:
        cluster = Cluster(programs, Path(folder), durable=True)
        try:
            yield cluster.new_database
        finally:
            cluster.stop()


def _cycles_row(name: str, rates: list[float], limit: int) -> Row:
    spread = Spread.of(rates)
    note = f"items in chunks of {CHUNK}; median (range) of {len(rates)}"
    return Row(f"claim and finish, {name}", spread.shown(" / s", 0), f"{limit} / s", spread.median >= limit, note)


def _cycles(url: str, setup: Setup) -> list[float]:
    """Items claimed and finished a second, one after the other, by one process."""
    return [_asked(url, _claim_and_finish) for _ in range(setup.repeats(full=5, quick=2))]


async def _claim_and_finish(ledger: Ledger) -> float:
    count = 5_000
    await ledger.add(NewJob(sleeping.KIND), (NewItem({"number": number}) for number in range(count)))
    before, claims = time.perf_counter(), 0
    while items := await ledger.claim(Claim("", f"benchmark.{claims}", CHUNK, 60.0)):
        await ledger.finish([Outcome(item, State.DONE, {"number": item.number}) for item in items])
        claims += 1
    return count / (time.perf_counter() - before)


def _twice(url: str, path: Path, setup: Setup) -> Row:
    count = setup.repeats(full=6_000, quick=2_000)
    one, two = (count / _seconds(url, path, NewJob(sleeping.KIND, {"seconds": WAITS}), (count, n))[0] for n in (1, 2))
    note = (
        f"items that wait {WAITS * 1000:.0f} ms, {sleeping.PLACES} at a time in a process: {one:.0f} and {two:.0f} / s"
    )
    return Row("two workers / one, PostgreSQL", f"{two / one:.2f}", str(TWICE), two / one >= TWICE, note)


def _once(url: str, path: Path, setup: Setup) -> Row:
    count = setup.repeats(full=100_000, quick=5_000)
    seconds, ran = _seconds(url, path, NewJob(sleeping.KIND, {"seconds": 0.0}), (count, 2), constraint=True)
    ends = _asked(url, _ends)
    note = f"run {ran}, ended {ends} under a constraint, {count / seconds:.0f} / s by two processes"
    return Row(f"done twice, of {count}", str(ran - count), "0", ran == ends == count, note)


def _seconds(
    url: str, path: Path, job: NewJob, size: tuple[int, int], *, constraint: bool = False
) -> tuple[float, int]:
    """How long so many items take so many workers, and how often a handler ran."""
    count, workers = size
    job_id = _asked(url, lambda ledger: _prepare(ledger, job, count, constraint=constraint))
    with worker(workers) as pool:
        begins = time.time() + HEAD_START
        done = [pool.submit(sleeping.work, url, path, job_id, begins) for _ in range(workers)]
        counts, ends = zip(*(one.result() for one in done), strict=True)
    return max(ends) - begins, sum(counts)


async def _prepare(ledger: Ledger, job: NewJob, count: int, *, constraint: bool) -> int:
    added = await ledger.add(job, (NewItem() for _ in range(count)))
    if constraint:
        await ledger.database.write(_count_ends)
    return added.id


def _count_ends(connection: Connection) -> None:
    for statement in COUNT_ENDS:
        connection.execute(text(statement))


async def _ends(ledger: Ledger) -> int:
    return await ledger.database.read(
        lambda connection: int(connection.execute(text("SELECT count(*) FROM ends")).scalar_one())
    )


def _asked(url: str, question: Callable[[Ledger], Awaitable[T]]) -> T:
    async def ask() -> T:
        with TemporaryDirectory() as folder:
            office = Office(Path(folder), url, Rules(places=0))
            try:
                return await question(office.ledger)
            finally:
                await office.close()

    return asyncio.run(ask())
