"""A server that may read one folder and one bucket, and fetch from loopback."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from image_tagger.settings import Settings
from tests.dialects.bulk_jobs.jobs import Jobs
from tests.object_storage import Bucket, storage
from tests.pictures import jpeg
from tests.server import serving

PICTURES = ("a.jpg", "b.jpg", "trip/c.jpg", "trip/day/d.jpg")
SECRET = "a key that nobody else has"  # noqa: S105 - of a test


@pytest.fixture(scope="session")
def bucket() -> Iterator[Bucket]:
    """A bucket of pictures."""
    with storage() as running:
        running.put({name: jpeg(seed=number) for number, name in enumerate(PICTURES)})
        running.put({"closed/x.jpg": jpeg(), "trip/notes.txt": b"no picture", "trip/broken.jpg": b"no picture"})
        yield running


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that jobs may read."""
    return tmp_path_factory.mktemp("open")


@pytest.fixture(scope="session")
def jobs(root: Path, bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    """A server with that folder and the bucket's `trip` open to jobs."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        allowed_roots=(str(root), "s3://photos/trip", "s3://photos/lists"),
        allow_private_urls=True,
        webhook_secret=SECRET,
        s3_endpoint=bucket.endpoint,
        s3_region="us-east-1",
        s3_access_key_id=bucket.access_key_id,
        s3_secret_access_key=bucket.secret_access_key,
    )
    with serving(settings) as address, httpx.Client(base_url=address.url, timeout=30, trust_env=False) as http:
        yield Jobs(http)


@pytest.fixture
def folder(root: Path, request: pytest.FixtureRequest) -> Path:
    """A folder of pictures below the open one, for this test."""
    folder = root / f"{os.getpid()}-{request.node.name}"
    for number, name in enumerate(PICTURES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(jpeg(seed=number))
    return folder
