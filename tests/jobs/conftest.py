"""A ledger on each kind of database, and handlers of the tests."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from image_tagger import plugins
from image_tagger.jobs.bells import Bells
from image_tagger.jobs.ledger import Ledger
from image_tagger.jobs.office import Office
from image_tagger.jobs.rules import Rules
from image_tagger.store.database import Database
from tests.jobs.acting import install


@pytest.fixture
def acts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The tests' handlers are installed."""
    folder = install(tmp_path / "acts")
    monkeypatch.syspath_prepend(folder)
    plugins.installed.cache_clear()
    plugins.names.cache_clear()
    yield folder
    monkeypatch.undo()
    plugins.installed.cache_clear()
    plugins.names.cache_clear()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def ledger(database: Database, tmp_path: Path) -> AsyncIterator[Ledger]:
    bells = Bells(tmp_path / "pipes")
    yield Ledger(database, bells)
    await bells.close()


@pytest.fixture
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    office = Office(tmp_path, database_url, Rules(places=4))
    yield office
    await office.close()
