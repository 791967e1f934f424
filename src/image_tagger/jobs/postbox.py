"""Notes of other machines: PostgreSQL's LISTEN, on a connection of its own that is made again when it is lost."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    import psycopg

CHANNEL = "image_tagger"
WORK = "work"  # items may be claimed
PAUSE = 2.0  # seconds between attempts to connect

log = structlog.get_logger(__name__)


class Postbox:
    """Hears what any process writes with `pg_notify`."""

    def __init__(self, conninfo: str) -> None:
        """`conninfo`: a URL as libpq reads it, with its password."""
        self._conninfo = conninfo
        self._task: asyncio.Task[None] | None = None

    def open(self, hear: Callable[[str], None]) -> None:
        """Listen in the background."""
        self._task = asyncio.create_task(self._listen(hear))

    async def close(self) -> None:
        """Listen no more."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self, hear: Callable[[str], None]) -> None:
        import psycopg  # noqa: PLC0415 - an extra

        while True:
            with suppress(psycopg.Error):
                connection = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
                async with connection:
                    await self._read(connection, hear)
            await asyncio.sleep(PAUSE)

    async def _read(self, connection: "psycopg.AsyncConnection[Any]", hear: Callable[[str], None]) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        hear(WORK)  # whatever was missed
        async for notification in connection.notifies():
            hear(notification.payload)
