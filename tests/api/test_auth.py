"""API keys: who is let in under `/api/`, and where the settings come from."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import structlog
from pydantic import SecretStr

from image_tagger.api.app import create_app
from image_tagger.domain.errors import InvalidRequest
from image_tagger.settings import Settings, read_settings

REFUSED = {"detail": "Invalid or missing API Key!"}
NAMES = ("USE_API_KEYS", "API_KEYS", "IMAGE_TAGGER_USE_API_KEYS", "IMAGE_TAGGER_API_KEYS")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://test") as one:
        yield one


def locked(keys: str) -> Settings:
    return Settings(use_api_keys=True, api_keys=SecretStr(keys))


async def let_in(client: httpx.AsyncClient, *headers: tuple[str, str], path: str = "/api/nothing") -> bool:
    answer = await client.get(path, headers=list(headers))
    assert (answer.status_code, answer.json()) in [(401, REFUSED), (404, {"detail": "Not Found"})]
    return answer.status_code == 404


@pytest.mark.parametrize("key", ["abc", "xyz", "with space", "schlüssel"])
async def test_any_of_the_keys_opens_the_door(key: str) -> None:
    async with opened(locked(" abc, xyz ,,with space,schlüssel")) as client:
        answer = await client.get("/api/nothing", headers={b"X-API-Key": key.encode()})
        assert answer.status_code == 404


async def test_no_other_header_opens_the_door() -> None:
    async with opened(locked("abc,xyz")) as client:
        assert await let_in(client, ("x-api-key", "abc"))
        for header in [("X-API-Key", ""), ("X-API-Key", "abd"), ("X-API-Key", "abc,xyz"), ("X-API-Key", "ab")]:
            assert not await let_in(client, header)
        assert not await let_in(client)
        assert not await let_in(client, ("Authorization", "Bearer abc"))


async def test_blanks_around_the_key_mean_nothing() -> None:
    async with opened(locked("abc")) as client:
        for key in (" abc", "abc ", "\tabc \t"):
            assert await let_in(client, ("X-API-Key", key))
        assert not await let_in(client, ("X-API-Key", "a bc"))


@pytest.mark.parametrize("path", ["/api/nothing", "/api/", "/image_tagger/api/nothing", "/%61pi/nothing", "/api"])
async def test_no_way_of_writing_the_path_goes_round_the_door(path: str) -> None:
    async with opened(locked("abc")) as client:
        assert not await let_in(client, path=path)


@pytest.mark.parametrize("path", ["/", "/docs", "/redoc", "/openapi.json", "/health/live", "/metrics"])
async def test_other_pages_stay_open(path: str) -> None:
    async with opened(locked("abc")) as client:
        assert (await client.get(path)).status_code == 200


async def test_without_the_switch_any_key_is_accepted_and_ignored() -> None:
    async with opened(Settings(api_keys=SecretStr("abc"))) as client:
        assert await let_in(client)
        assert await let_in(client, ("X-API-Key", "wrong"))


@pytest.mark.parametrize("keys", ["", " , "])
async def test_keys_required_and_none_named_refuses_everyone_and_says_so(keys: str) -> None:
    with structlog.testing.capture_logs() as lines:
        app = create_app(locked(keys))
    assert [line["event"] for line in lines if line["log_level"] == "error" and "API_KEYS names none" in line["event"]]
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert not await let_in(client)
        assert not await let_in(client, ("X-API-Key", ""))


@pytest.mark.parametrize("value", ["true", "True", "TRUE", "1", "yes", "Yes"])
@pytest.mark.parametrize("prefix", ["", "IMAGE_TAGGER_"])
def test_the_switch_is_read_with_and_without_prefix(monkeypatch: pytest.MonkeyPatch, prefix: str, value: str) -> None:
    monkeypatch.setenv(f"{prefix}USE_API_KEYS", value)
    monkeypatch.setenv(f"{prefix}API_KEYS", "abc, xyz")
    settings = read_settings()
    assert settings.use_api_keys
    assert settings.api_keys.get_secret_value() == "abc, xyz"


def test_the_prefixed_name_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USE_API_KEYS", "true")
    monkeypatch.setenv("IMAGE_TAGGER_USE_API_KEYS", "no")
    assert not read_settings().use_api_keys


def test_a_switch_that_is_neither_on_nor_off_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USE_API_KEYS", "ture")
    with pytest.raises(InvalidRequest, match="use_api_keys"):
        read_settings()


def test_keys_stay_out_of_what_is_printed() -> None:
    assert "abc" not in repr(locked("abc"))


async def test_the_default_model_and_score_have_their_old_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEFAULT_MODEL_NAME", "owner/name")
    monkeypatch.setenv("DEFAULT_SCORE", "0.5")
    settings = read_settings()
    assert (settings.moderation_model, settings.moderation_score) == ("owner/name", 0.5)


async def test_the_api_pages_ask_for_the_key_where_it_is_needed() -> None:
    async with opened(locked("abc")) as client:
        page = json.dumps((await client.get("/openapi.json")).json())
    assert '"name": "X-API-Key"' in page
