"""Databases for tests: SQLite files, and a PostgreSQL cluster of their own."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgresql import Cluster, find_programs


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running cluster; a test that asks for it skips where PostgreSQL is not installed."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed here (Debian's package is `postgresql`)")
    with tempfile.TemporaryDirectory(prefix="image-tagger-postgresql-") as folder:
        running = Cluster(programs, Path(folder))
        yield running
        running.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    url: str = request.getfixturevalue("cluster").new_database()
    return url
