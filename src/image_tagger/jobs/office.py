"""The database, the blobs, the ledger and the worker of a process, made when they are first needed.

Importing what talks to databases takes a third of a second and 30 MB, which servers that have no jobs save.
"""

import asyncio
import os
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from image_tagger.domain.errors import InvalidRequest, MissingExtra, StoreUnavailable, TaggerError
from image_tagger.jobs.bells import Bells
from image_tagger.jobs.postbox import WORK, Postbox
from image_tagger.jobs.rules import Rules
from image_tagger.store.blobs import Blobs

if TYPE_CHECKING:
    from image_tagger.domain.jobs import Job
    from image_tagger.jobs.context import Services
    from image_tagger.jobs.ledger import Ledger
    from image_tagger.jobs.worker import Worker
    from image_tagger.store.database import Database
    from image_tagger.store.results import Results

FILE = "image-tagger.sqlite3"
PIPES = "pipes"
LOOK = 2.0  # seconds between looks whether another process has made a database

log = structlog.get_logger(__name__)


class Office:
    """Lives in one event loop; `employ` for processes that work, `close` in any case."""

    def __init__(self, data_dir: Path, url: str, rules: Rules) -> None:
        """An empty `url` is that of a SQLite file in the data directory."""
        self.blobs = Blobs(data_dir / "blobs")
        self._file = data_dir / FILE
        self._url = url
        self._pipes = data_dir / PIPES
        self._rules = rules
        self._postbox = Postbox(url.replace("+psycopg", "", 1)) if url.startswith("postgres") else None
        self._bells = Bells(self._pipes, self._postbox)
        self._database: Database | None = None
        self._ledger: Ledger | None = None
        self._results: Results | None = None
        self._worker: Worker | None = None
        self._employing: asyncio.Task[None] | None = None

    @property
    def database(self) -> "Database":
        """The database. Raises StoreUnavailable for a URL that cannot be used."""
        if self._database is None:
            from image_tagger.store.database import Database  # noqa: PLC0415 - see the module's purpose

            try:
                self._database = Database(self._url or f"sqlite:///{self._file}")
            except (InvalidRequest, MissingExtra) as error:  # the operator's mistake, not that of whoever asks
                raise StoreUnavailable(str(error), retry_after=None) from error
        return self._database

    @property
    def ledger(self) -> "Ledger":
        """The ledger. Raises as `database`."""
        if self._ledger is None:
            from image_tagger.jobs.ledger import Ledger  # noqa: PLC0415 - see the module's purpose

            self._ledger = Ledger(self.database, self._bells)
        return self._ledger

    @property
    def results(self) -> "Results":
        """What was recognised. Raises as `database`."""
        if self._results is None:
            from image_tagger.store.results import Results  # noqa: PLC0415 - see the module's purpose

            self._results = Results(self.database)
        return self._results

    def employ(self, services: "Services") -> None:
        """Do jobs in this process from now on: those that are there, and those that come."""
        if self._employing is None and self._rules.places:
            self._employing = asyncio.create_task(self._employ(services))
            self._employing.add_done_callback(_complain)

    def check_url(self) -> None:
        """Return where nothing is known against the database; connects to nothing. Raises StoreUnavailable."""
        if self._url:
            _ = self.database

    async def cancel(self, job_id: int) -> "Job":
        """Cancel a job, also what workers that have died held of it. Raises UnknownJob, and as `database`."""
        from image_tagger.jobs.abandoned import free_the_dead  # noqa: PLC0415 - see the module's purpose

        await free_the_dead(self.ledger, self._pipes)
        return await self.ledger.cancel(job_id)

    async def check(self) -> None:
        """Return where the database can be written or, where there is none yet, be made. Raises StoreUnavailable."""
        if self._url or (self._database is not None and self._file.exists()):
            await self.database.check()
        elif not _can_be_written(self._file.parent):
            raise StoreUnavailable("the data folder cannot be written")

    async def close(self) -> None:
        """Hand back what is unfinished, and disconnect."""
        if self._employing:
            self._employing.cancel()
            await asyncio.gather(self._employing, return_exceptions=True)
        if self._worker:
            await self._worker.stop()
        await self._bells.close()
        if self._database:
            await self._database.close()

    async def _employ(self, services: "Services") -> None:
        with self._bells.listening(WORK) as rung:
            while not self._url and not self._file.exists():  # no pipe yet: who has no jobs leaves nothing on disk
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK):
                        await rung.wait()
        module: Any = await asyncio.to_thread(import_module, "image_tagger.jobs.worker")
        worker: Worker = module.Worker(self.ledger, self._bells, self._rules, self._pipes)
        self._worker = worker
        worker.start(services)


def _complain(employing: asyncio.Task[None]) -> None:
    error = None if employing.cancelled() else employing.exception()
    if error is not None:  # nobody else would notice: jobs would wait for ever
        trace = None if isinstance(error, TaggerError) else error
        log.error("this process does no jobs", reason=str(error), exc_info=trace)


def _can_be_written(folder: Path) -> bool:
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
