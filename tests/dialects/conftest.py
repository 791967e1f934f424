"""Real servers, real clients and a real image host for the tests of the wire dialects."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from image_tagger.settings import Settings
from tests.server import Address, open_client, serving
from tests.upstream import ImageHost

SMALL_BODY = 600_000  # bytes, of a request
SMALL_MEDIA = 200_000  # bytes, of a picture
SMALL_PICTURE = 1_000_000  # pixels


@pytest.fixture(scope="session")
def host() -> Iterator[ImageHost]:
    """The image host."""
    with ImageHost() as running:
        yield running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """The server under test; it may fetch from loopback."""
    with serving(Settings(allow_private_urls=True, data_dir=_folder(tmp_path_factory))) as address:
        yield address


@pytest.fixture(scope="session")
def client(server: Address) -> Iterator[httpx.Client]:
    """A client of the server under test."""
    with open_client(server) as connected:
        yield connected


@pytest.fixture(scope="session")
def guarded_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server with the default settings, which refuses private addresses."""
    with serving(Settings(data_dir=_folder(tmp_path_factory))) as address, open_client(address) as connected:
        yield connected


@pytest.fixture(scope="session")
def frugal_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server with small budgets and little patience (one second per download)."""
    settings = Settings(
        allow_private_urls=True,
        data_dir=_folder(tmp_path_factory),
        fetch_seconds=1.0,
        max_body_bytes=SMALL_BODY,
        max_media_bytes=SMALL_MEDIA,
        max_pixels=SMALL_PICTURE,
    )
    with serving(settings) as address, open_client(address) as connected:
        yield connected


def _folder(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("data")
