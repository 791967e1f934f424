"""A server with a documented alias, the real client of the protocol, and pictures both can reach."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from deepomatic.api.client import Client

from image_tagger.settings import Settings
from tests.dialects.pictures import jpeg
from tests.dialects.recognition.platform import ALIAS, Door
from tests.server import Address, open_client, serving
from tests.upstream import ImageHost, answer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """A server that may fetch from loopback and has a model of the documented name."""
    settings = Settings(
        allow_private_urls=True, data_dir=tmp_path_factory.mktemp("data"), model_aliases={ALIAS: "starter"}
    )
    with serving(settings) as address:
        yield address


@pytest.fixture(scope="session")
def http(server: Address) -> Iterator[httpx.Client]:
    """Plain HTTP."""
    with open_client(server) as connected:
        yield connected


@pytest.fixture(scope="session")
def door(http: httpx.Client) -> Door:
    """Plain HTTP below the root of this protocol."""
    return Door(http)


@pytest.fixture(scope="session")
def client(server: Address) -> Client:
    """The package `deepomatic-api`, unchanged."""
    return Client(host=server.url, api_key="any")


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A picture that is no photo, but has something everywhere."""
    return jpeg(7)


@pytest.fixture(scope="session")
def photo_url(host: ImageHost, photo: bytes) -> str:
    """The same picture on the web."""
    return host.on("/photo.jpg", answer(photo))


@pytest.fixture
def network_file(tmp_path: Path) -> Path:
    """Where a test may write a network."""
    return tmp_path / "network.onnx"
