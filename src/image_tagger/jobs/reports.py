"""Outcomes on their way into the ledger: what comes while one transaction runs goes into the next one together."""

import asyncio
from collections.abc import Callable

import structlog

from image_tagger.domain.errors import StoreUnavailable
from image_tagger.domain.jobs import Failure, State
from image_tagger.jobs.ending import Outcome
from image_tagger.jobs.ledger import Ledger

MOST = 500  # outcomes of one transaction
PAUSE = 1.0  # seconds until the next attempt while the database is away

log = structlog.get_logger(__name__)


class Reports:
    """Writes outcomes down until it is stopped; none is dropped while the database is away."""

    def __init__(self, ledger: Ledger, written: Callable[[Outcome], None]) -> None:
        """`written` is called for every outcome once nothing needs to be held for it."""
        self._ledger = ledger
        self._written = written
        self._waiting: list[Outcome] = []
        self._come = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._away = False  # the database, as far as the log knows

    def add(self, outcome: Outcome) -> None:
        """Write it down soon."""
        self._waiting.append(outcome)
        self._empty.clear()
        self._come.set()

    async def run(self) -> None:
        """Write down what comes; never returns."""
        while True:
            await self._come.wait()
            self._come.clear()
            while self._waiting:
                await self._write(self._waiting[:MOST])
            self._empty.set()

    async def all_written(self) -> None:
        """Return when nothing waits."""
        await self._empty.wait()

    async def _write(self, outcomes: list[Outcome]) -> None:
        try:
            await self._finish(outcomes)
        except StoreUnavailable as error:
            if not self._away:
                log.warning("results wait for the database", count=len(self._waiting), reason=str(error))
            self._away = True
            await asyncio.sleep(PAUSE)
            return
        if self._away:
            log.info("results are written down again")
        self._away = False
        del self._waiting[: len(outcomes)]
        for outcome in outcomes:
            self._written(outcome)

    async def _finish(self, outcomes: list[Outcome]) -> None:
        try:
            await self._ledger.finish(outcomes)
        except StoreUnavailable:
            raise
        except Exception:  # what a third party's handler has answered cannot be stored; the others' answers can
            if len(outcomes) > 1:
                for outcome in outcomes:
                    await self._finish([outcome])
                return
            item = outcomes[0].item
            log.exception("a handler's answer cannot be stored", kind=item.job.kind, job=item.job.id)
            failure = Failure("TaggerError", "internal error")
            await self._ledger.finish([Outcome(item, State.FAILED, error=failure)])
