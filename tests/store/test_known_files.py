"""What was found in files, by place and by content."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from image_tagger.store import known_files
from image_tagger.store.database import Database
from image_tagger.store.known_files import KnownFile

DOG = [{"label": "dog", "confidence": 0.5}]
FILE = KnownFile("a" * 32, 10, 2**60, "b" * 64, DOG)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


async def test_a_file_is_known_by_its_place_and_by_its_content_in_its_manner(database: Database) -> None:
    await database.write(known_files.remember, "manner", [FILE])
    assert await database.read(known_files.known, "manner", [FILE.origin, "c" * 32]) == {FILE.origin: FILE}
    assert await database.read(known_files.same_content, "manner", [FILE.sha256]) == {FILE.sha256: FILE}
    assert await database.read(known_files.known, "other", [FILE.origin]) == {}
    assert await database.read(known_files.same_content, "other", [FILE.sha256]) == {}


async def test_what_is_found_anew_stands_in_place_of_the_old(database: Database) -> None:
    new = replace(FILE, size=11, sha256="d" * 64, labels=[])
    await database.write(known_files.remember, "manner", [FILE])
    await database.write(known_files.remember, "manner", [new, replace(FILE, origin="e" * 32)])
    assert await database.read(known_files.known, "manner", [FILE.origin]) == {FILE.origin: new}


async def test_nothing_can_be_remembered(database: Database) -> None:
    await database.write(known_files.remember, "manner", [])
    assert await database.read(known_files.known, "manner", []) == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_contents_are_sought_by_their_hashes_however_many_files_there_are(database: Database) -> None:
    assert "known_files_sha256" in await database.read(_plan)


def _plan(connection: Connection) -> str:
    asked = known_files.BY_CONTENT.params(hashes=[f"{number}" for number in range(64)], manner="manner")
    wanted = asked.compile(connection, compile_kwargs={"literal_binds": True})
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {wanted}")
    return " ".join(row[3] for row in rows)
