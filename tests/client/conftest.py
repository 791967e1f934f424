"""A server with a key, pictures to send, and both kinds of client behind one way to call them."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from image_tagger.client import AsyncClient, Client
from image_tagger.settings import Settings
from tests.dialects.pictures import jpeg
from tests.server import Address, serving
from tests.upstream import ImageHost, answer

KEY = "open sesame"
Call = Callable[..., Any]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """A server that wants a key and may fetch from loopback."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        allow_private_urls=True,
        use_api_keys=True,
        api_keys=SecretStr(KEY),
        moderation_model="starter",
    )
    with serving(settings) as address:
        yield address


@pytest.fixture(scope="session")
def client(server: Address) -> Iterator[Client]:
    """The client that blocks."""
    with Client(server.url, api_key=KEY) as connected:
        yield connected


@pytest.fixture(params=["Client", "AsyncClient"])
def call(request: pytest.FixtureRequest, server: Address) -> Call:
    """`call("tag", picture)` asks through a client; each test that uses it runs with both."""
    return blocking(server.url, api_key=KEY) if request.param == "Client" else awaiting(server.url, api_key=KEY)


def blocking(url: str, **options: Any) -> Call:
    """Each call with a client of its own."""

    def call(method: str, *args: Any, **kwargs: Any) -> Any:
        with Client(url, **options) as client:
            return getattr(client, method)(*args, **kwargs)

    return call


def awaiting(url: str, **options: Any) -> Call:
    """The same for asyncio, in an event loop of its own."""

    async def ask(method: str, *args: Any, **kwargs: Any) -> Any:
        async with AsyncClient(url, **options) as client:
            return await getattr(client, method)(*args, **kwargs)

    return lambda *args, **kwargs: asyncio.run(ask(*args, **kwargs))


@pytest.fixture(scope="session")
def host() -> Iterator[ImageHost]:
    """A host for pictures, and for servers that misbehave."""
    with ImageHost() as running:
        yield running


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A picture as JPEG."""
    return jpeg(7)


@pytest.fixture
def photo_file(photo: bytes, tmp_path: Path) -> Path:
    """It on disk."""
    file = tmp_path / "photo.jpg"
    file.write_bytes(photo)
    return file


@pytest.fixture(scope="session")
def photo_url(host: ImageHost, photo: bytes) -> str:
    """It on the web."""
    return host.on("/photo.jpg", answer(photo))
