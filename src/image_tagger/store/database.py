"""The database: SQLite in the data directory, or PostgreSQL; one transaction per call, errors in our own words."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from image_tagger.domain.errors import ShuttingDown, StoreUnavailable
from image_tagger.store import connecting, schema
from image_tagger.store.complaints import is_refusal, reason_of

P = ParamSpec("P")
T = TypeVar("T")
Insert = Callable[[Table], sqlite.Insert | postgresql.Insert]
THREADS = 4  # calls at a time, and connections
REPEATS = 3  # of a transaction that PostgreSQL has given up in favour of another


class Database:
    """Runs functions that take a connection, each in a transaction of its own. Connects when first used."""

    def __init__(self, url: str, *, threads: int = THREADS) -> None:
        """Raises InvalidRequest for a URL that is none of ours, MissingExtra where its driver is not installed."""
        self._engine = connecting.make_engine(url, connections=threads)
        self._writing = self._engine.execution_options(writing=True)
        self._one_writer: AbstractContextManager[object] = nullcontext() if self.is_postgresql else threading.Lock()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="store")
        self._preparing = threading.Lock()
        self._prepared = False

    @property
    def is_postgresql(self) -> bool:
        """PostgreSQL and not SQLite."""
        return self._engine.dialect.name == "postgresql"

    @property
    def engine(self) -> Engine:
        """What connects; its URL hides the password when shown."""
        return self._engine

    async def read(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """`work(connection, ...)` in a thread, in a transaction that only reads. Raises StoreUnavailable."""
        return await self._in_thread(lambda: self.reading(work, *args, **kwargs))

    async def write(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The same in a transaction that writes; it may be repeated, so `work` must change nothing else."""
        return await self._in_thread(lambda: self.writing(work, *args, **kwargs))

    def reading(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The same as `read`, in this thread."""
        with _our_errors():
            self._prepare()
            with self._engine.begin() as connection:
                return work(connection, *args, **kwargs)

    def writing(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The same as `write`, in this thread."""
        with _our_errors():
            self._prepare()
            for _ in range(REPEATS):
                try:
                    return self._write_once(lambda connection: work(connection, *args, **kwargs))
                except DBAPIError as error:
                    if not connecting.is_conflict(error):
                        raise
            return self._write_once(lambda connection: work(connection, *args, **kwargs))

    async def check(self) -> None:
        """Return where the database can be written. Raises StoreUnavailable."""
        # both write a little, so that a full disk shows
        probe = "SELECT pg_current_xact_id()" if self.is_postgresql else "PRAGMA user_version = 0"
        await self.write(lambda connection: connection.execute(text(probe)))

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An insert of this database's own, which knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
        return postgresql.insert(table) if self.is_postgresql else sqlite.insert(table)

    async def close(self) -> None:
        """Let running calls finish and disconnect."""
        await asyncio.to_thread(self._pool.shutdown)
        self._engine.dispose()

    def _write_once(self, work: Callable[[Connection], T]) -> T:
        with self._one_writer, self._writing.begin() as connection:
            return work(connection)

    async def _in_thread(self, call: Callable[[], T]) -> T:
        try:
            return await asyncio.wrap_future(self._pool.submit(call))
        except RuntimeError as error:
            if not self._closed:
                raise
            raise ShuttingDown("the server is being stopped") from error

    @property
    def _closed(self) -> bool:
        return self._pool._shutdown  # noqa: SLF001 - it tells nobody otherwise

    def _prepare(self) -> None:
        """Make or migrate the tables, once, in this process."""
        if self._prepared:
            return
        with self._preparing:
            if not self._prepared:
                self._make_folder()
                with self._one_writer:
                    schema.bring_up_to_date(self._writing)
                self._prepared = True

    def _make_folder(self) -> None:
        file = self._engine.url.database
        if self.is_postgresql or not file:
            return
        try:
            Path(file).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"the folder of the database cannot be made: {error.strerror}") from error


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except (IntegrityError, ProgrammingError) as error:  # the caller's business, and a mistake of ours
        if not is_refusal(error):
            raise
        raise StoreUnavailable(reason_of(error)) from error
    except NoConnectionFree as error:
        raise StoreUnavailable("the database does not answer in time") from error
    except DBAPIError as error:
        raise StoreUnavailable(reason_of(error)) from error
