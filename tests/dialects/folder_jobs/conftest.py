"""A server whose folder of files each test finds empty."""

import shutil
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from image_tagger.settings import Settings
from tests.dialects.folder_jobs.sorting import KEY, Service
from tests.dialects.pictures import jpeg
from tests.server import open_client, serving


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The server, for the whole session."""
    home = tmp_path_factory.mktemp("sorting")
    settings = Settings(data_dir=home / "data", files_dir=home / "files", service_key=KEY)
    with serving(settings) as address, open_client(address) as client:
        yield Service(client, home / "files")


@pytest.fixture
def service(running: Service) -> Service:
    """The server, with an empty `all`."""
    shutil.rmtree(running.files, ignore_errors=True)
    running.all.mkdir(parents=True)
    return running


@pytest.fixture(scope="session")
def letters(running: Service) -> tuple[str, str]:
    """Two letters that stand in the best labels of the first picture, found by trying."""
    found: list[str] = []
    for _ in range(2):
        running.all.mkdir(parents=True, exist_ok=True)
        picture = running.all / "tried.jpg"
        picture.write_bytes(jpeg(1))
        running.sorted_by(*(letter for letter in string.ascii_lowercase if letter not in found))
        (folder,) = (path for path in running.files.iterdir() if (path / picture.name).exists())
        found.append(folder.name)
        shutil.rmtree(running.files)
    return found[0], found[1]


@pytest.fixture
def outside(service: Service) -> Path:
    """The folder around the folder of files."""
    return service.files.parent
