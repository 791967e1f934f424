"""What all doors that take models say of one that cannot be used, and of a database that is down."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from image_tagger.settings import Settings
from tests.dialects.recognition.networks import colours
from tests.dialects.recognition.platform import Door
from tests.pictures import jpeg
from tests.server import open_client, serving

NOBODY = "postgresql://me@127.0.0.1:1/name"  # the port is nobody's
Ask = Callable[[httpx.Client, str], httpx.Response]


def classify(client: httpx.Client, model: str) -> httpx.Response:
    return client.post("/api/image-classification", params={"model_name": model}, files={"file": jpeg()})


def search(client: httpx.Client, model: str) -> httpx.Response:
    return client.post("/api/image-query-classification", params={"model_names": model}, files={"file": jpeg()})


def judge(client: httpx.Client, model: str) -> httpx.Response:
    policy = f'model = "{model}"\n[labels.red]\naction = "block"\nthreshold = 0.5\n'
    return client.post("/api/moderation", files={"file": ("file", jpeg()), "policy": (None, policy)})


def begin(client: httpx.Client, model: str) -> httpx.Response:
    return client.post("/v1/jobs", json={"urls": ["http://127.0.0.1/a.jpg"], "model": model})


DOORS = (classify, search, judge, begin)


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, str]]:
    """A client, and the name of a version whose network was found to be none."""
    broken = tmp_path_factory.mktemp("network") / "network.onnx"
    broken.write_bytes(b"no network")
    data = tmp_path_factory.mktemp("data")
    with serving(Settings(data_dir=data, job_places=0)) as address, open_client(address) as client:
        model, task = _version_of(Door(client), broken)
    with serving(Settings(data_dir=data)) as address, open_client(address) as client:
        assert Door(client).ended(task)["status"] == "error"
        yield client, model


@pytest.fixture(scope="module")
def unchecked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, str]]:
    """A client of a server that does no jobs, and the name of a version whose network nobody checks."""
    file = colours(tmp_path_factory.mktemp("network") / "network.onnx")
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), job_places=0)
    with serving(settings) as address, open_client(address) as client:
        yield client, _version_of(Door(client), file)[0]


@pytest.fixture(scope="module")
def without_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server whose database is down."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), database_url=NOBODY, job_places=0)
    with serving(settings) as address, open_client(address) as client:
        yield client


@pytest.mark.parametrize(("ask", "status"), [(classify, 400), (search, 400), (judge, 422), (begin, 400)])
def test_a_model_that_was_found_to_be_none_is_the_callers_error(
    refused: tuple[httpx.Client, str], ask: Ask, status: int
) -> None:
    client, model = refused
    answer = ask(client, model)
    assert answer.status_code == status, answer.text
    assert "cannot be used" in answer.text


@pytest.mark.parametrize("ask", DOORS)
def test_a_database_that_is_down_is_503(without_database: httpx.Client, ask: Ask) -> None:
    answer = ask(without_database, "version:1")
    assert answer.status_code == 503, answer.text
    assert "the database cannot be reached" in answer.text
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("ask", DOORS)
def test_a_model_that_is_still_being_checked_can_be_waited_for(unchecked: tuple[httpx.Client, str], ask: Ask) -> None:
    client, model = unchecked
    answer = ask(client, model)
    assert answer.status_code == 503, answer.text
    assert "still being checked" in answer.text
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("ask", DOORS)
def test_who_names_no_model_is_not_told_which_ones_there_are(unchecked: tuple[httpx.Client, str], ask: Ask) -> None:
    client, _ = unchecked
    for name in ("nobody", "version:999999"):
        answer = ask(client, name)
        assert answer.status_code == 404, answer.text
        assert "starter" not in answer.text


@pytest.mark.parametrize("ask", DOORS)
def test_waiting_does_not_help_for_a_model_that_is_not_here(unchecked: tuple[httpx.Client, str], ask: Ask) -> None:
    client, _ = unchecked
    answer = ask(client, "nobody/nothing")
    assert answer.status_code == 503, answer.text
    assert "retry-after" not in answer.headers


def _version_of(door: Door, file: Path) -> tuple[str, str]:
    """Its name, and the task that checks its network."""
    network = door.upload(file)
    version = door.version(network, door.spec())
    return f"version:{version['id']}", network["task_id"]
