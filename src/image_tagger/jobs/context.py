"""What a handler gets besides its item."""

import asyncio
from collections.abc import AsyncIterable, Iterable
from typing import TYPE_CHECKING, Protocol

from image_tagger.domain.jobs import Item, NewItem
from image_tagger.engine.frames import Frames
from image_tagger.engine.moderation import Moderator
from image_tagger.engine.recognizer import Recognizer
from image_tagger.engine.threads import Threads
from image_tagger.jobs.bulk import Bulk
from image_tagger.media.fetch import Fetcher
from image_tagger.models.catalog import Catalog
from image_tagger.models.resolve import Resolver

if TYPE_CHECKING:
    from image_tagger.jobs.ledger import Ledger
    from image_tagger.jobs.platform import Platform
    from image_tagger.store.blobs import Blobs
    from image_tagger.store.database import Database
    from image_tagger.store.results import Results


class Services(Protocol):
    """What handlers may use; the composition root offers it."""

    @property
    def catalog(self) -> Catalog: ...  # noqa: D102 - named as its class
    @property
    def resolver(self) -> Resolver: ...  # noqa: D102 - the same
    @property
    def recognizer(self) -> Recognizer: ...  # noqa: D102 - the same
    @property
    def moderator(self) -> Moderator: ...  # noqa: D102 - the same
    @property
    def frames(self) -> Frames: ...  # noqa: D102 - the same
    @property
    def fetcher(self) -> Fetcher: ...  # noqa: D102 - the same
    @property
    def threads(self) -> Threads: ...  # noqa: D102 - the same
    @property
    def database(self) -> "Database": ...  # noqa: D102 - the same
    @property
    def blobs(self) -> "Blobs": ...  # noqa: D102 - the same
    @property
    def ledger(self) -> "Ledger": ...  # noqa: D102 - the same
    @property
    def results(self) -> "Results": ...  # noqa: D102 - the same
    @property
    def bulk(self) -> Bulk: ...  # noqa: D102 - the same
    @property
    def platform(self) -> "Platform": ...  # noqa: D102 - the same


class Context:
    """One item's surroundings. The worker keeps the item's lease as long as its handler runs."""

    def __init__(self, item: Item, services: Services) -> None:
        self.services = services
        self._item = item
        self._stopped = asyncio.Event()

    @property
    def cancelled(self) -> bool:
        """The job is being cancelled, or the item has gone to another worker: what is unfinished need not go on."""
        return self._stopped.is_set()

    async def wait_cancelled(self) -> None:
        """Return when `cancelled` becomes true."""
        await self._stopped.wait()

    async def heartbeat(self) -> bool:
        """Let others run, and answer whether to go on; for handlers that seldom wait for anything."""
        await asyncio.sleep(0)
        return not self.cancelled

    async def add(self, items: Iterable[NewItem] | AsyncIterable[NewItem]) -> int:
        """Add items to the item's own job, which ends when they have; answers how many are new.

        With keys, doing it again after a crash adds none twice. Raises ShuttingDown where the item has gone to another
        worker: that one adds what is missing.
        """
        return await self.services.ledger.extend(self._item.job.id, items, by=self._item)

    def stop(self) -> None:
        """Make `cancelled` true; for the worker."""
        self._stopped.set()
