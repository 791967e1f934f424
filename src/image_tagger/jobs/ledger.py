"""The ledger: the one memory of jobs, in the database. Everything that happens to a job happens here."""

import asyncio
import time
from collections.abc import AsyncIterable, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice

from sqlalchemy import Connection, func, select

from image_tagger.domain.errors import StoreUnavailable
from image_tagger.domain.jobs import Item, Job, Json, NewItem, NewJob, State
from image_tagger.jobs import adding, changing, claiming, ending, listing, reading
from image_tagger.jobs.bells import LEAVE, Bells, end_of
from image_tagger.jobs.claims import Claim, Taker
from image_tagger.jobs.ending import Outcome
from image_tagger.jobs.postbox import CHANNEL, WORK
from image_tagger.jobs.reading import Wanted
from image_tagger.store.database import Database

CHUNK = 1_000  # items added in one transaction
LOOK = 2.0  # seconds after which somebody who waits looks without having been woken
Beside = Callable[[Connection, Job], None]


class Ledger:
    """Jobs and items. Every method may raise StoreUnavailable; lives in one event loop."""

    def __init__(self, database: Database, bells: Bells) -> None:
        self._database = database
        self._bells = bells
        self._taker: Taker | None = None

    def hand_to(self, taker: Taker | None) -> None:
        """Let a worker of this process have jobs of one item as they are added, as far as it has places."""
        self._taker = taker

    @property
    def database(self) -> Database:
        """Where it is written."""
        return self._database

    async def add(
        self,
        job: NewJob,
        items: Iterable[NewItem] = (NewItem(),),
        *,
        open_end: bool = False,
        beside: Beside | None = None,
    ) -> Job:
        """Add a job with its items, by default one without a payload; workers may begin before the last is in.

        With `open_end`, more may be added by `extend`, and the job does not end before `end_listing`.
        `beside(connection, job)` is written in the same transaction, which may be repeated.
        """
        rest = iter(items)
        first, second = list(islice(rest, 2)), list[NewItem]()
        if len(first) == 2:
            first += await _some(rest, CHUNK - 2)
            second = await _some(rest, CHUNK)
        complete = bool(first) and not second and not open_end
        if complete and len(first) == 1 and self._taker and (claim := self._taker.offer(job.queue)):
            adding_it = partial(_add_claimed, job, first[0], claim, beside)
            return await asyncio.shield(self._hand_over(self._taker, adding_it))  # who asked may leave meanwhile
        added = await self._database.write(self._add, job, first, complete, beside)
        self._bells.ring(WORK)
        try:
            while second:
                await self._extend(added.id, second)
                second = await _some(rest, CHUNK)
            return added if complete or open_end else await self.end_listing(added.id)
        except BaseException:
            with suppress(StoreUnavailable):  # else `forget` finds it
                await self.cancel(added.id)  # of half a job nobody will hear
            raise

    async def extend(
        self, job_id: int, items: Iterable[NewItem] | AsyncIterable[NewItem], *, by: Item | None = None
    ) -> int:
        """Add items to a job, those with keys that it has already left out; answers how many are new.

        Raises UnknownJob, InvalidRequest for a job that has ended, and ShuttingDown where `by`, the item in whose name
        they are added, is no longer held.
        """
        count, chunk = 0, []
        async for item in _each(items):
            chunk.append(item)
            if len(chunk) == CHUNK:
                count += await self._extend(job_id, chunk, by)
                chunk = []
        return count + (await self._extend(job_id, chunk, by) if chunk else 0)

    async def end_listing(self, job_id: int) -> Job:
        """Say that no more items come. Raises UnknownJob."""
        self._tell(await self._database.write(self._ending_listing, job_id))
        return await self.job(job_id)

    async def job(self, job_id: int) -> Job:
        """A job as it is now. Raises UnknownJob."""
        return await self._database.read(reading.job, job_id)

    async def jobs(self, ids: Collection[int]) -> dict[int, Job]:
        """Those of these jobs that exist."""
        return await self._database.read(reading.some, ids)

    async def latest(self, wanted: Wanted = Wanted(), *, limit: int = 100, offset: int = 0) -> tuple[list[Job], int]:  # noqa: B008 - it is frozen
        """A page of jobs, the latest first, and how many there are in all."""
        return await self._database.read(reading.latest, wanted, limit, offset)

    async def items(
        self, job_id: int, states: Collection[State] = (), *, after: int = -1, limit: int = 100
    ) -> list[Item]:
        """The next items of a job after a number. Raises UnknownJob."""
        return await self._database.read(reading.items_of, job_id, states, after, limit)

    async def wait(self, ids: Collection[int], seconds: float) -> dict[int, Job]:
        """Those of these jobs that exist, as soon as all have ended, or as they are when time is up."""
        await self._bells.open()
        over = time.monotonic() + seconds
        with self._bells.listening(*(end_of(job_id) for job_id in ids)) as rung:
            while True:
                rung.clear()
                found = await self.jobs(ids)
                left = over - time.monotonic()
                if left <= 0 or all(job.state.ended for job in found.values()):
                    return found
                await _within(rung, min(left, LOOK))

    async def cancel(self, job_id: int) -> Job:
        """Begin no other item of the job; those that have begun are finished. Raises UnknownJob."""
        self._tell(await self._database.write(self._begin_cancelling, job_id), LEAVE)
        first: int | None = 0
        while first is not None:
            first, ended = await self._database.write(self._cancel_some, job_id, first)
            self._tell(ended)
        return await self.job(job_id)

    async def retry(self, job_id: int) -> int:
        """Let the items of a job that failed be tried again; answers how many. Raises UnknownJob."""
        total = count = await self._database.write(self._retry_some, job_id)
        while count:
            count = await self._database.write(self._retry_some, job_id)
            total += count
        self._bells.ring(WORK)
        return total

    async def forget(self, older_than: float) -> int:
        """Remove jobs that ended so many seconds ago, with their items; answers how many rows.

        Jobs that were left half added are cancelled.
        """
        self._tell(await self._database.write(self._cancel_halves))
        total = count = await self._database.write(changing.forget_some, time.time() - older_than)
        while count:
            count = await self._database.write(changing.forget_some, time.time() - older_than)
            total += count
        return total

    async def open_payloads(self, kind: str) -> list[Json]:
        """The payloads of all items of this kind that have not ended."""
        return await self._database.read(reading.open_payloads, kind)

    async def claim(self, asked: Claim) -> list[Item]:
        """Claim items to do them, as far as any wait."""
        items, ended = await self._database.write(self._claim, asked)
        self._tell(ended)
        return items

    async def keep(self, held: Collection[Item], seconds: float) -> tuple[set[int], set[int]]:
        """Hold items for longer. Answers the ids of the items still held, and of jobs that are being cancelled."""
        return await self._database.write(claiming.keep, held, seconds, now=time.time())

    async def finish(self, outcomes: Sequence[Outcome]) -> int:
        """Write down how items went, as far as their claims still hold; answers of how many they do."""
        count, ended = await self._database.write(self._finish, outcomes)
        waiting = any(outcome.state is State.WAITING for outcome in outcomes)
        self._tell(ended, *[WORK] * waiting)  # so that workers look when the next one is due
        return count

    async def release_all(self, worker: str) -> int:
        """Let others do what a worker holds that has died; answers how many items."""
        return await self._database.write(claiming.release_all, worker, now=time.time())

    async def next_due(self, queue: str) -> float | None:
        """When the next item of a queue may be claimed, in seconds since 1970; None where nothing is left to do."""
        return await self._database.read(claiming.next_due, queue)

    async def _hand_over(self, taker: Taker, adding_it: Callable[[Connection], Item]) -> Job:
        item = None
        try:
            item = await self._database.write(adding_it)
        finally:
            taker.take(item)
        return item.job

    def _tell(self, ended: ending.Ended, *notes: str) -> None:
        notes += tuple(end_of(job.id) for job in ended)
        if any(job.then for job in ended):
            notes += (WORK,)
        if notes:
            self._bells.ring(*notes)

    async def _extend(self, job_id: int, items: Sequence[NewItem], by: Item | None = None) -> int:
        count = await self._database.write(self._extending, job_id, items, by)
        self._bells.ring(WORK)
        return count

    # What follows runs in a thread, within a transaction; PostgreSQL's notes go out with its commit.

    def _add(
        self, connection: Connection, job: NewJob, first: Sequence[NewItem], complete: bool, beside: Beside | None
    ) -> Job:
        self._post(connection, WORK)
        added = adding.add_job(connection, job, first, now=time.time(), listing=not complete)
        if beside:
            beside(connection, added)
        return added

    def _extending(self, connection: Connection, job_id: int, items: Sequence[NewItem], by: Item | None) -> int:
        self._post(connection, WORK)
        if by:
            claiming.check_held(connection, by)
        return listing.extend(connection, self._database.insert, job_id, items, now=time.time())

    def _ending_listing(self, connection: Connection, job_id: int) -> ending.Ended:
        return self._posted(connection, listing.end_listing(connection, job_id, now=time.time()))

    def _begin_cancelling(self, connection: Connection, job_id: int) -> ending.Ended:
        self._post(connection, LEAVE)
        return self._posted(connection, changing.begin_cancelling(connection, job_id, now=time.time()))

    def _cancel_some(self, connection: Connection, job_id: int, first: int) -> tuple[int | None, ending.Ended]:
        following, ended = changing.cancel_some(connection, job_id, first, now=time.time())
        return following, self._posted(connection, ended)

    def _cancel_halves(self, connection: Connection) -> ending.Ended:
        return self._posted(connection, changing.cancel_halves(connection, now=time.time()))

    def _retry_some(self, connection: Connection, job_id: int) -> int:
        self._post(connection, WORK)
        return changing.retry_some(connection, job_id, now=time.time())

    def _claim(self, connection: Connection, asked: Claim) -> tuple[list[Item], ending.Ended]:
        items, ended = claiming.claim(connection, asked, now=time.time())
        return items, self._posted(connection, ended)

    def _finish(self, connection: Connection, outcomes: Sequence[Outcome]) -> tuple[int, ending.Ended]:
        count, ended = ending.finish(connection, outcomes, now=time.time())
        if any(outcome.state is State.WAITING for outcome in outcomes):
            self._post(connection, WORK)
        return count, self._posted(connection, ended)

    def _posted(self, connection: Connection, ended: ending.Ended) -> ending.Ended:
        for job in ended:
            self._post(connection, end_of(job.id))
        if any(job.then for job in ended):
            self._post(connection, WORK)
        return ended

    def _post(self, connection: Connection, note: str) -> None:
        if self._database.is_postgresql:
            connection.execute(select(func.pg_notify(CHANNEL, note)))


def _add_claimed(job: NewJob, only: NewItem, claim: Claim, beside: Beside | None, connection: Connection) -> Item:
    item = adding.add_claimed(connection, job, only, claim, now=time.time())
    if beside:
        beside(connection, item.job)
    return item


async def _within(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def _some(items: Iterator[NewItem], count: int) -> list[NewItem]:
    """The next of many items, which may be read from a long text as they are taken."""
    return await asyncio.to_thread(lambda: list(islice(items, count)))


async def _each(items: Iterable[NewItem] | AsyncIterable[NewItem]) -> AsyncIterable[NewItem]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
