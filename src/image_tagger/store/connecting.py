"""How the two kinds of database are connected to."""

import sqlite3
import time
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from image_tagger.domain.errors import InvalidRequest, MissingExtra

BUSY_SECONDS = 20  # that a SQLite transaction waits for one of another process
BUSY_PAUSE = 0.01  # seconds between two tries to switch a new database's journal
CHECKPOINT = 16_000  # pages of the log after which they are moved: many rows mean the same pages again and again
PRIMARY = 0xFF  # of an extended result code of SQLite
CONNECT_SECONDS = 5
CONFLICTS = {"40001", "40P01"}  # PostgreSQL: serialization failure, deadlock
POSTGRESQL = {"postgres", "postgresql", "postgresql+psycopg"}


def make_engine(url: str, *, connections: int) -> Engine:
    """An engine that has not connected yet. Raises InvalidRequest, MissingExtra."""
    parsed = _parse(url)
    if parsed.drivername == "sqlite":
        return _sqlite(parsed, connections)
    try:
        return create_engine(
            parsed,
            pool_size=connections,
            pool_pre_ping=True,
            pool_timeout=CONNECT_SECONDS * 2,
            connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "image-tagger"},
        )
    except ModuleNotFoundError as error:
        raise MissingExtra("PostgreSQL needs an extra: pip install 'image-tagger[postgres]'") from error


def is_conflict(error: DBAPIError) -> bool:
    """The transaction was given up in favour of another; the same again may succeed."""
    return getattr(error.orig, "sqlstate", None) in CONFLICTS


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise InvalidRequest("the URL of the database is none") from error
    if parsed.drivername in POSTGRESQL:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise InvalidRequest("the URL of the database must begin with postgresql:// or be that of a SQLite file")
    return parsed


def _sqlite(url: URL, connections: int) -> Engine:
    try:
        engine = create_engine(
            url, pool_size=connections, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
        )
    except NoSuchModuleError as error:  # a Python without sqlite3
        raise MissingExtra("this Python has no SQLite; set IMAGE_TAGGER_DATABASE_URL") from error
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    del record
    connection.isolation_level = None  # transactions are begun below, not by the driver
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA cache_size=-16000")
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging, or do nothing where another process has.

    The switch takes an exclusive lock that SQLite's own busy timeout does not wait for.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & PRIMARY != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(BUSY_PAUSE)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    # a transaction that begins by reading and writes later fails at once where another writes, instead of waiting
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
