"""Keys: admin keys may do everything, read keys ask and read what became of it."""

from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr

from image_tagger.settings import Settings
from tests.dialects.pictures import jpeg
from tests.server import open_client, serving

SPECS = "/v0.7/recognition/specs/"
INFERENCE = "/v0.7/recognition/public/starter/inference"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server that asks for keys."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        use_api_keys=True,
        api_keys=SecretStr("master, other"),
        read_api_keys=SecretStr("reader"),
    )
    with serving(settings) as address, open_client(address) as connected:
        yield connected


@pytest.mark.parametrize("headers", [{}, {"X-API-KEY": "guess"}, {"X-API-KEY": ""}])
@pytest.mark.parametrize("path", ["/v0.7/accounts/me/", SPECS, "/v0.7/tasks/1/"])
def test_without_a_known_key_nothing_is_said(guarded: httpx.Client, path: str, headers: dict[str, str]) -> None:
    response = guarded.get(path, headers=headers)
    assert response.status_code == 401
    assert "X-API-KEY" in response.json()["error"]


@pytest.mark.parametrize("name", ["a/v1/b", "a/api/b"])
@pytest.mark.parametrize(("headers", "status"), [({}, 401), ({"X-API-KEY": "reader"}, 404)])
def test_a_model_may_be_named_like_another_door(
    guarded: httpx.Client, name: str, headers: dict[str, str], status: int
) -> None:
    response = guarded.post(f"/v0.7/recognition/public/{name}/inference", json={}, headers=headers)
    assert response.status_code == status
    assert response.json()["error"]


@pytest.mark.parametrize(("key", "role"), [("master", "admin"), ("other", "admin"), ("reader", "read")])
def test_the_account_tells_the_role(guarded: httpx.Client, key: str, role: str) -> None:
    assert guarded.get("/v0.7/accounts/me", headers={"X-API-KEY": key}).json() == {"id": "me", "role": role}


def test_a_read_key_asks_and_reads_its_tasks(guarded: httpx.Client) -> None:
    reader = {"X-API-KEY": "reader"}
    asked = guarded.post(INFERENCE, files={"inputs[0]image.source": jpeg(3)}, headers=reader)
    assert asked.status_code == 201
    assert guarded.get(f"/v0.7/tasks/{asked.json()['task_id']}/", headers=reader).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("GET", SPECS), ("POST", SPECS), ("DELETE", "/v0.7/networks/1/")])
def test_a_read_key_does_nothing_else(guarded: httpx.Client, method: str, path: str) -> None:
    response = guarded.request(method, path, headers={"X-API-KEY": "reader"})
    assert response.status_code == 403
    assert "inferences only" in response.json()["error"]
