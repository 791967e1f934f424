"""The database on both engines: its tables, its errors in our own words, and that it comes back by itself."""

import re
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, inspect, text

from image_tagger.domain.errors import InvalidRequest, StoreUnavailable
from image_tagger.store import schema
from image_tagger.store.database import Database
from image_tagger.store.tables import metadata
from tests.postgresql import PASSWORD, Cluster


@pytest.fixture
async def opened() -> AsyncIterator[Callable[[str], Database]]:
    """Databases that are closed at the end."""
    databases: list[Database] = []

    def open_one(url: str) -> Database:
        databases.append(Database(url))
        return databases[-1]

    yield open_one
    for database in databases:
        await database.close()


Opened = Callable[[str], Database]


def run(sql: str) -> Callable[[Connection], Any]:
    return lambda connection: connection.execute(text(sql))


def test_the_migrations_make_the_tables(database_url: str, opened: Opened) -> None:
    def differences(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    assert opened(database_url).writing(differences) == []


def test_the_latest_migration_is_the_one_that_is_expected() -> None:
    scripts = ScriptDirectory(str(schema.MIGRATIONS))
    assert scripts.get_heads() == [schema.HEAD]


def test_many_processes_may_make_the_tables_at_a_time(database_url: str, opened: Opened) -> None:
    threads = [threading.Thread(target=opened(database_url).writing, args=[run("SELECT 1")]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "jobs" in opened(database_url).reading(lambda connection: inspect(connection).get_table_names())


def test_a_database_of_a_newer_release_is_refused_and_left_alone(database_url: str, opened: Opened) -> None:
    opened(database_url).writing(run("UPDATE alembic_version SET version_num = '9999'"))
    other = opened(database_url)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match=r"^the database was made by a newer release of Image Tagger$"):
            other.reading(run("SELECT 1"))
    with other.engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


REVISION = """
from alembic import op
import sqlalchemy as sa
revision = {revision!r}
down_revision = {before!r}
def upgrade():
    {steps}
"""


def migrations(folder: Path, **steps: str) -> Path:
    """A folder of migrations with these revisions, one after the other."""
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text((schema.MIGRATIONS / "env.py").read_text())
    before = None
    for revision, step in steps.items():
        script = REVISION.format(revision=revision, before=before, steps=step)
        (folder / "versions" / f"{revision}.py").write_text(script)
        before = revision
    return folder


FIRST = "op.create_table('pets', sa.Column('name', sa.Text))"
SECOND = "op.add_column('pets', sa.Column('age', sa.Integer)); op.execute(\"UPDATE pets SET age = 3\")"


def test_the_schema_before_becomes_this_one_with_its_rows(database_url: str, tmp_path: Path, opened: Opened) -> None:
    engine = opened(database_url).engine.execution_options(writing=True)
    folder = migrations(tmp_path / "both", a=FIRST, b=SECOND)
    schema.bring_up_to_date(engine, migrations=folder, head="a")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO pets VALUES ('Rex')"))
    schema.bring_up_to_date(engine, migrations=folder, head="b")
    with engine.begin() as connection:
        assert connection.execute(text("SELECT name, age FROM pets")).all() == [("Rex", 3)]


def test_a_migration_that_breaks_changes_nothing(database_url: str, tmp_path: Path, opened: Opened) -> None:
    engine = opened(database_url).engine.execution_options(writing=True)
    broken = migrations(tmp_path / "broken", a=FIRST, b=f"{SECOND}; raise RuntimeError")
    schema.bring_up_to_date(engine, migrations=broken, head="a")
    with pytest.raises(RuntimeError):
        schema.bring_up_to_date(engine, migrations=broken, head="b")
    with engine.begin() as connection:
        assert [column["name"] for column in inspect(connection).get_columns("pets")] == ["name"]
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "a"
    whole = migrations(tmp_path / "whole", a=FIRST, b=SECOND)
    schema.bring_up_to_date(engine, migrations=whole, head="b")


async def test_a_transaction_that_breaks_changes_nothing(database_url: str, opened: Opened) -> None:
    def half(connection: Connection) -> None:
        connection.execute(text("INSERT INTO removed_resources VALUES ('network', 7)"))
        raise InvalidRequest("no")

    database = opened(database_url)
    with pytest.raises(InvalidRequest):
        await database.write(half)
    assert (await database.read(run("SELECT * FROM removed_resources"))).all() == []


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://user:hush@host/name", "sqlite://", "sqlite:///:memory:", "postgresql://host:port/x"]
)
def test_a_url_that_is_none_is_refused_without_saying_it(url: str) -> None:
    with pytest.raises(InvalidRequest, match="the URL of the database") as refused:
        Database(url)
    assert "hush" not in str(refused.value)


async def test_a_full_disk_is_said_clearly_and_room_is_enough_to_go_on(tmp_path: Path, opened: Opened) -> None:
    database = opened(f"sqlite:///{tmp_path / 'small.sqlite3'}")
    pages = (await database.read(run("PRAGMA page_count"))).scalar()
    room = pages

    @event.listens_for(database.engine, "checkout")
    def limit(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {room}")

    large = run("INSERT INTO removed_resources VALUES (hex(zeroblob(100000)), 1)")
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match=r"^the disk of the database is full$"):
            await database.write(large)
    assert (await database.read(run("SELECT count(*) FROM removed_resources"))).scalar() == 0
    room = 2 * pages + 1000
    await database.write(large)
    await database.check()


def test_a_file_that_is_no_database_is_said_clearly(tmp_path: Path, opened: Opened) -> None:
    (tmp_path / "text").write_text("not a database, but long enough to be taken for one" * 100)
    with pytest.raises(StoreUnavailable, match=r"^the file of the database is no database$"):
        opened(f"sqlite:///{tmp_path / 'text'}").reading(run("SELECT 1"))


def test_a_folder_that_cannot_be_made_is_said_clearly(tmp_path: Path, opened: Opened) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match=r"^the folder of the database cannot be made: Not a directory$"):
        opened(f"sqlite:///{tmp_path / 'file' / 'x' / 'y.sqlite3'}").reading(run("SELECT 1"))


async def test_a_database_that_is_down_is_said_and_used_again_when_it_is_back(cluster: Cluster, opened: Opened) -> None:
    database = opened(cluster.new_database())
    await database.check()
    cluster.stop()
    try:
        for ask in (database.read, database.write):
            with pytest.raises(StoreUnavailable, match=r"^the database cannot be reached$"):
                await ask(run("SELECT 1"))
    finally:
        cluster.start()
    await database.check()


def test_a_user_who_may_make_no_tables_is_told_so(cluster: Cluster, opened: Opened) -> None:
    url = cluster.new_database()
    with opened(url).engine.begin() as connection:
        for order in ("CREATE ROLE guest LOGIN PASSWORD 'guest'", "REVOKE CREATE ON SCHEMA public FROM PUBLIC"):
            connection.execute(text(order))
    guest = re.sub("//.*@", "//guest:guest@", url)
    with pytest.raises(StoreUnavailable, match=r"^the database does not allow this user to change it$"):
        opened(guest).reading(run("SELECT 1"))


def test_a_wrong_password_is_said_and_not_shown(cluster: Cluster, opened: Opened) -> None:
    url = cluster.new_database().replace(PASSWORD.replace(" ", "%20"), "guess")
    with pytest.raises(StoreUnavailable, match=r"^the database refuses user or password$"):
        opened(url).reading(run("SELECT 1"))
    assert "guess" not in str(opened(url).engine.url)


async def test_a_database_that_is_not_there_is_said(cluster: Cluster, opened: Opened) -> None:
    with pytest.raises(StoreUnavailable, match=r"^the database server has no database of this name$"):
        await opened(f"{cluster.new_database()}_gone").check()
