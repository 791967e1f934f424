"""The worker of a process: claims items, runs their handlers, keeps their leases, reports their outcomes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import structlog

from image_tagger.domain.errors import StoreUnavailable
from image_tagger.domain.jobs import Item, State
from image_tagger.jobs.abandoned import free_the_dead
from image_tagger.jobs.bells import LEAVE, Bells
from image_tagger.jobs.claims import Claim
from image_tagger.jobs.context import Context, Services
from image_tagger.jobs.ending import Outcome
from image_tagger.jobs.handling import handle
from image_tagger.jobs.ledger import Ledger
from image_tagger.jobs.postbox import WORK
from image_tagger.jobs.reports import Reports
from image_tagger.jobs.rules import Rules

T = TypeVar("T")
MOST_CLAIMED = 500  # items of one claim
SHORT, LONG = 0.25, 1.0  # seconds that a claim should last for; what lasts shorter is doubled, what lasts longer halved
PAUSE = 2.0  # seconds until the next attempt while the database is away
FORGET = 3600.0  # seconds between looks for jobs that are too old

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Held:
    item: Item
    context: Context
    task: asyncio.Task[None] | None = None
    begun: bool = False


class Worker:
    """Does the items of one queue until it is stopped; lives in one event loop."""

    def __init__(self, ledger: Ledger, bells: Bells, rules: Rules, pipes_folder: Path) -> None:
        self._ledger = ledger
        self._bells = bells
        self._rules = rules
        self._folder = pipes_folder
        self._reports = Reports(ledger, self._let_go)
        self._held: dict[int, _Held] = {}
        self._places = asyncio.Semaphore(rules.places)
        self._room = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._claims = 0
        self._promised = 0  # places for items that are being added
        self._name = ""
        self._services: Services | None = None
        self._chunk = rules.places

    @property
    def held(self) -> int:
        """Items that are claimed and have not been reported."""
        return len(self._held)

    def start(self, services: Services) -> None:
        """Begin to work, for handlers that may use these services."""
        works: tuple[Awaitable[None], ...] = (self._work(services), self._look_after(), self._forget())
        self._services = services
        self._tasks = [asyncio.ensure_future(work) for work in (*works, self._reports.run())]
        self._ledger.hand_to(self)
        for task in self._tasks:
            task.add_done_callback(_say_why)

    async def stop(self) -> None:
        """Claim nothing more, give what has begun some time, and hand back the rest."""
        if not self._tasks:
            return
        self._ledger.hand_to(None)
        self._services = None
        *works, reporting = self._tasks
        grace = self._rules.grace_seconds
        await _end(works)
        for held in self._held.values():
            if held.task and not held.begun:
                held.task.cancel()
        left = [held.task for held in self._held.values() if held.task and not held.task.done()]
        if left:
            _, late = await asyncio.wait(left, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        with suppress(TimeoutError):  # else the leases run out
            async with asyncio.timeout(grace):
                await self._reports.all_written()
        await _end([reporting])
        self._tasks = []

    def offer(self, queue: str) -> Claim | None:
        """A claim of one item, if a place is free."""
        if not self._name or queue != self._rules.queue or len(self._held) + self._promised >= self._rules.places:
            return None
        self._promised += 1
        return self._new_claim(1)

    def take(self, item: Item | None) -> None:
        """Do the item of a claim that was offered, if there is one."""
        self._promised -= 1
        if item and self._services:
            self._begin(item, self._services)
        elif item:  # it is being stopped
            self._reports.add(Outcome(item, State.WAITING))

    async def _work(self, services: Services) -> None:
        await self._bells.open()
        self._name = self._bells.name or uuid4().hex
        with self._bells.listening(WORK) as rung:
            while True:
                rung.clear()
                count, before = self._chunk, time.monotonic()
                items = await _while_away(partial(self._claim, count))
                for item in items:
                    self._begin(item, services)
                if len(items) < count:
                    await _within(rung, await _while_away(self._idle_seconds))
                await self._has_room()
                self._adapt(len(items) == count, time.monotonic() - before)

    async def _claim(self, count: int) -> list[Item]:
        return await self._ledger.claim(self._new_claim(count))

    def _new_claim(self, count: int) -> Claim:
        self._claims += 1
        return Claim(self._rules.queue, f"{self._name}.{self._claims}", count, self._rules.lease_seconds)

    async def _idle_seconds(self) -> float:
        """How long nothing can be claimed, unless something new comes."""
        due = await self._ledger.next_due(self._rules.queue)
        most = self._rules.look_seconds
        return most if due is None else min(max(due - time.time(), 0.0) + 0.01, most)

    async def _has_room(self) -> None:
        while len(self._held) >= self._rules.places:
            self._room.clear()
            await self._room.wait()

    def _adapt(self, full: bool, seconds: float) -> None:
        if full and seconds < SHORT:
            self._chunk = min(self._chunk * 2, max(MOST_CLAIMED, self._rules.places))
        elif seconds > LONG:
            self._chunk = max(self._chunk // 2, self._rules.places)

    def _begin(self, item: Item, services: Services) -> None:
        held = _Held(item, Context(item, services))
        if before := self._held.get(item.id):  # its lease ran out here: that run's outcome will not count
            before.context.stop()
        self._held[item.id] = held
        held.task = asyncio.create_task(self._one(held))

    async def _one(self, held: _Held) -> None:
        try:
            async with self._places:
                held.begun = True
                outcome = await handle(held.item, held.context)
        except asyncio.CancelledError:  # by `stop`: another worker does it
            outcome = Outcome(held.item, State.WAITING)
        self._reports.add(outcome)

    def _let_go(self, outcome: Outcome) -> None:
        held = self._held.get(outcome.item.id)
        if held and held.item.token == outcome.item.token:
            del self._held[outcome.item.id]
        self._room.set()

    async def _look_after(self) -> None:
        """Keep the leases, hear of cancelled jobs, and free what dead workers of this machine hold."""
        await self._bells.open()
        with self._bells.listening(LEAVE) as rung:
            while True:
                rung.clear()
                with suppress(StoreUnavailable):  # the next round tries again, and a lease is three rounds long
                    await self._free_the_dead()
                    await self._keep()
                await _within(rung, self._rules.lease_seconds / 3)

    async def _keep(self) -> None:
        held = list(self._held.values())
        if not held:
            return
        kept, leaving = await self._ledger.keep([one.item for one in held], self._rules.lease_seconds)
        for one in held:
            if one.item.id not in kept or one.item.job.id in leaving:
                one.context.stop()

    async def _free_the_dead(self) -> None:
        if count := await free_the_dead(self._ledger, self._folder):
            log.warning("a worker ended in the middle of its work", items=count)
            self._bells.ring(WORK)

    async def _forget(self) -> None:
        while True:
            with suppress(StoreUnavailable):  # the next round tries again
                await self._ledger.forget(self._rules.retention_seconds)
            await asyncio.sleep(FORGET)


def _say_why(task: asyncio.Task[None]) -> None:
    """None of them ends by itself; a fault of ours must be seen."""
    if not task.cancelled() and (error := task.exception()):
        log.critical("jobs are no longer done here, for a reason nobody foresaw", exc_info=error)


async def _while_away(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer, as soon as the database gives one."""
    away = False
    while True:
        try:
            answer = await ask()
        except StoreUnavailable as error:
            if not away:
                log.error("jobs wait for the database", reason=str(error))  # noqa: TRY400 - the reason is all there is
            away = True
            await asyncio.sleep(PAUSE)
        else:
            if away:
                log.info("the database is back")
            return answer


async def _within(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def _end(tasks: "list[asyncio.Task[None]]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
