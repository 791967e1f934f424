"""A server among whose results are some pictures, and one that wants a key."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from image_tagger.domain.predictions import Prediction
from image_tagger.domain.results import PictureFile, Recognised
from image_tagger.jobs.office import Office
from image_tagger.jobs.rules import Rules
from image_tagger.settings import Settings
from tests.server import open_client, serving

KEY = "open sesame"
SEEN = {
    "/photos/rex.jpg": {"golden retriever": 0.9, "tennis ball": 0.4},
    "/photos/tom.jpg": {"tabby": 0.8, "studio couch": 0.35},
    "/photos/car.jpg": {"sports car": 0.7, "pug": 0.1},
    "https://example.org/pug.jpg": {"pug": 0.6},
}


def remember(data_dir: Path, seen: dict[str, dict[str, float]], model: str = "starter") -> None:
    """Record what a model saw, as a worker would."""
    asyncio.run(_remember(data_dir, seen, model))


async def _remember(data_dir: Path, seen: dict[str, dict[str, float]], model: str) -> None:
    office = Office(data_dir, "", Rules())
    recognised = [
        Recognised(PictureFile(key), tuple(Prediction(label, score) for label, score in scores.items()))
        for key, scores in seen.items()
    ]
    await office.results.record(model, recognised)
    await office.close()


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server with results."""
    folder = tmp_path_factory.mktemp("data")
    remember(folder, SEEN)
    with serving(Settings(data_dir=folder)) as address, open_client(address) as connected:
        yield connected


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a server that wants a key."""
    settings = Settings(data_dir=tmp_path, use_api_keys=True, api_keys=SecretStr(KEY))
    with serving(settings) as address, open_client(address) as connected:
        yield connected
