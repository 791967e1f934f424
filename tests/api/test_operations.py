"""Health, metrics, request ids, logs, and what happens when too much is asked."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
import structlog
from fastapi import FastAPI

from image_tagger.api import health
from image_tagger.api.app import create_app
from image_tagger.services import wire
from image_tagger.settings import Settings
from tests.pictures import jpeg


async def served(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        yield client


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async for one in served(Settings(allow_private_urls=True, queue_length=1, fetch_seconds=5)):
        yield one


@pytest.fixture
async def slow_host() -> AsyncIterator[tuple[str, asyncio.Event, asyncio.Event]]:
    """A host that answers with a picture once it is told to: its URL, `asked`, `go_on`."""
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await go_on.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(jpeg()) + jpeg())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/photo.jpg", asked, go_on


async def test_the_server_is_ready_when_its_model_answers(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live")).json() == {"status": "live"}
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "model": "starter"})


async def test_a_server_that_is_being_stopped_is_not_ready(tmp_path: Path) -> None:
    async with wire(Settings(data_dir=tmp_path, database_url=f"sqlite:///{tmp_path / 'ledger.sqlite3'}")) as services:
        app = FastAPI()
        app.include_router(health.routes(services))
        await services.check_ready()
        await services.office.close()  # the first thing that a stop does
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()["reason"]) == (503, "the server is being stopped")


@pytest.mark.parametrize("path", ["/", "/health/live", "/health/ready", "/metrics"])
async def test_who_watches_may_ask_for_the_head_alone(client: httpx.AsyncClient, path: str) -> None:
    asked = await client.head(path)
    assert (asked.status_code, asked.content) == (200, b"")


async def test_one_request_too_many_is_told_when_to_come_back(
    client: httpx.AsyncClient, slow_host: tuple[str, asyncio.Event, asyncio.Event]
) -> None:
    url, asked, go_on = slow_host
    first = asyncio.create_task(client.get(f"/predictions?{urlencode({'url': url})}"))
    await asked.wait()
    refused = await client.get(f"/predictions?{urlencode({'url': url})}")
    assert refused.status_code == 503
    assert refused.json()["error"]["type"] == "Overloaded"
    assert int(refused.headers["retry-after"]) >= 1
    batch = await client.post("/process", json={"documents": [{"source": {"file_type": "jpg", "content": "AAAA"}}]})
    assert batch.status_code == 503
    assert batch.json()["status"] == {"code": 503, "message": "Error"}
    go_on.set()
    assert (await first).status_code == 200


async def test_bodies_are_bounded_together() -> None:
    async for client in served(Settings(max_bodies_bytes=10)):
        answer = await client.post("/process", content=b'{"documents": []}')
        assert answer.status_code == 503
        assert "retry-after" in answer.headers
        assert (await client.post("/process", content=b"{}")).status_code == 500  # read, and no batch


@pytest.mark.parametrize(("sent", "taken"), [("a-1.B_2", True), ("two words", False), ("x" * 65, False)])
async def test_a_plain_request_id_comes_back_and_any_other_is_replaced(
    client: httpx.AsyncClient, sent: str, *, taken: bool
) -> None:
    answer = await client.get("/health/live", headers={"X-Request-ID": sent})
    assert (answer.headers["x-request-id"] == sent) is taken
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", answer.headers["x-request-id"])


async def test_every_request_is_one_log_line_without_its_query(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        await client.get("/predictions?url=secret")
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/predictions", 422)
    assert "secret" not in json.dumps(line)


async def test_metrics_count_routes_and_pictures(client: httpx.AsyncClient) -> None:
    await client.get("/predictions?top=0")
    await client.get("/no/such/path")
    await client.get("/health/ready")
    text = (await client.get("/metrics")).text
    assert 'image_tagger_requests_total{method="GET",route="/predictions",status="422"} 1.0' in text
    assert 'image_tagger_requests_total{method="GET",route="none",status="404"} 1.0' in text
    assert "/no/such/path" not in text
    assert re.search(r'image_tagger_pictures_total\{model="starter"\} [1-9]', text)
    assert "image_tagger_requests_in_progress 1.0" in text  # the one that asks


async def test_the_landing_object_is_what_two_dialects_promise(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/")).json()
    assert answer["res"] == "FastAPI is up and running!"
    assert {"description", "version", "revision", "author", "github_url"} <= set(answer)


async def test_the_api_pages_describe_every_door(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert {"/", "/predictions", "/process", "/work/status", "/health/ready", "/metrics"} <= set(paths)
    assert json.dumps(paths["/predictions"]["get"]["parameters"]).count('"name"') == 3


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
@pytest.mark.parametrize("prefix", ["", "/image_tagger"])
async def test_the_api_pages_need_no_other_server(client: httpx.AsyncClient, page: str, prefix: str) -> None:
    answer = await client.get(prefix + page)
    assert "text/html" in answer.headers["content-type"]
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', answer.text)
    scripts = re.findall(r'src="([^"]+)"', answer.text)
    assert scripts
    for script in scripts:
        assert (await client.get(script)).status_code == 200
