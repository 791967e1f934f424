"""Servers whose models are the tests' own."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from image_tagger.settings import Settings
from tests.dialects.moderation.models import model_folders
from tests.server import open_client, serving


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The tests' models: name -> folder."""
    return model_folders(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, str]) -> Settings:
    """The settings of the server under test; it fetches nothing."""
    return Settings(data_dir=tmp_path_factory.mktemp("data"), model_aliases=folders, allow_downloads=False)


@pytest.fixture(scope="session")
def moderator(settings: Settings) -> Iterator[httpx.Client]:
    """A client of the server under test, and after the last test a look at what it left on disk."""
    with serving(settings) as address, open_client(address) as connected:
        yield connected
        assert uploads_on_disk(settings.data_dir) == []


@pytest.fixture(scope="session")
def locked(settings: Settings) -> Iterator[httpx.Client]:
    """A client without a key, of a server that asks for one."""
    guarded = settings.model_copy(update={"use_api_keys": True, "api_keys": SecretStr("first, second")})
    with serving(guarded) as address, open_client(address) as connected:
        yield connected


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server that has the embedded model only."""
    with (
        serving(Settings(data_dir=tmp_path_factory.mktemp("data"), allow_downloads=False)) as address,
        open_client(address) as connected,
    ):
        yield connected


def uploads_on_disk(data_dir: Path) -> list[Path]:
    """The files of uploads that are on disk."""
    return [file for file in (data_dir / "spool").rglob("*") if file.is_file() and file.name != "lock"]
