"""J01: the key comes before everything else."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from image_tagger.settings import Settings
from tests.dialects.folder_jobs.sorting import KEY, PATH, Service
from tests.server import open_client, serving

MISSING = {"code": 401, "message": "No service key supplied"}
WRONG = {"code": 401, "message": "Incorrect service key"}


@pytest.mark.parametrize("body", [b'{"classes": []}', b"{", b""])
@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        ({}, MISSING),
        ({"Token": KEY}, MISSING),
        ({"Authorization": f"Bearer {KEY}"}, WRONG),
        ({"Authorization": KEY[:-1]}, WRONG),
        ({"Authorization": ""}, WRONG),
        ({"Authorization": "sésame".encode()}, WRONG),
    ],
)
def test_j01_requests_without_the_key_are_refused(
    service: Service, headers: dict[str, str], refusal: dict[str, object], body: bytes
) -> None:
    for kind in ("application/json", "text/plain"):
        answer = service.client.post(PATH, content=body, headers={**headers, "Content-Type": kind})
        assert (answer.status_code, answer.json()) == (401, refusal)
    for job in ("256", "abc"):
        answer = service.client.get(f"{PATH}/{job}", headers=headers)
        assert (answer.status_code, answer.json()) == (401, refusal)


@pytest.mark.parametrize("given", ["", "None", "anything"])
def test_without_a_key_in_the_settings_nobody_has_it(tmp_path: Path, given: str) -> None:
    with serving(Settings(data_dir=tmp_path)) as address, open_client(address) as client:
        answer = client.post(PATH, json={"classes": []}, headers={"Authorization": given})
        assert (answer.status_code, answer.json()) == (401, WRONG)
        assert client.get("/health-check").status_code == 200


def test_blanks_around_the_key_in_the_settings_mean_nothing(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, service_key=SecretStr(f" {KEY}\n"))
    with serving(settings) as address, open_client(address) as client:
        answer = client.get(f"{PATH}/256", headers={"Authorization": KEY})
        assert (answer.status_code, answer.json()) == (400, {"code": 400, "message": "Job 256 not found"})


def test_the_original_name_of_the_setting_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_KEY", "of old")
    assert Settings().service_key.get_secret_value() == "of old"
    monkeypatch.setenv("IMAGE_TAGGER_SERVICE_KEY", "of now")
    assert Settings().service_key.get_secret_value() == "of now"
