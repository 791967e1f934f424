"""Bodies in memory: one bound for those of all doors, and none of them stops everybody else while it is read."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from image_tagger.api.bodies import SMALL, Bodies, aside
from image_tagger.domain.errors import Overloaded, RequestTooLarge
from image_tagger.services import wire
from image_tagger.settings import Settings
from tests.asgi import running
from tests.dialects.process.documents import document
from tests.pictures import jpeg

ALL_TOGETHER = 100_000
JSON = {"Content-Type": "application/json"}
SPECS = "/v0.7/recognition/specs/"
DOORS = ("/process", SPECS, "/v1/jobs")
PICTURES = 200


@asynccontextmanager
async def arriving(client: httpx.AsyncClient, path: str, size: int) -> AsyncIterator[None]:
    """While a body that is no JSON arrives, of which so many bytes are there."""
    arrived, enough = asyncio.Event(), asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"x" * size
        arrived.set()
        await enough.wait()

    sending = asyncio.create_task(client.post(path, content=body(), headers=JSON))
    await arrived.wait()
    try:
        yield
    finally:
        enough.set()
        assert (await sending).status_code in {400, 500}


@pytest.mark.parametrize("first", DOORS)
@pytest.mark.parametrize("second", DOORS)
async def test_bodies_of_all_doors_have_one_bound(tmp_path: Path, first: str, second: str) -> None:
    body = b"[" + b" " * (ALL_TOGETHER // 2) + b"]"
    async with running(tmp_path, max_bodies_bytes=ALL_TOGETHER) as client:
        async with arriving(client, first, ALL_TOGETHER // 2):
            refused = await client.post(second, content=body, headers=JSON)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert (await client.post(second, content=body, headers=JSON)).status_code in {400, 500}


async def test_a_batch_counts_until_it_is_answered(tmp_path: Path) -> None:
    batch = json.dumps({"documents": [document(number, jpeg()) for number in range(PICTURES)]}).encode()
    another = b"[" + b" " * SMALL + b"]"
    async with running(tmp_path, max_bodies_bytes=len(batch) + SMALL) as client:
        tagging = asyncio.create_task(client.post("/process", content=batch))
        while "Start tagging" not in (await client.get("/work/status")).text:  # noqa: ASYNC110 - it is asked
            await asyncio.sleep(0)
        assert (await client.post(SPECS, content=another, headers=JSON)).status_code == 503
        assert (await tagging).json()["number_documents_treated"] == PICTURES
        assert (await client.post(SPECS, content=another, headers=JSON)).status_code == 400


def request(*pieces: bytes) -> Request:
    coming = iter([{"type": "http.request", "body": piece, "more_body": True} for piece in pieces])

    async def receive() -> dict[str, Any]:
        return next(coming, {"type": "http.request", "body": b""})

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


async def test_what_was_made_of_a_body_counts_as_the_body(tmp_path: Path) -> None:
    services = wire(Settings(data_dir=tmp_path, max_bodies_bytes=10))
    bodies = Bodies(services)
    async with bodies.read(request(b"1234", b"56")) as body:
        assert body == b"123456"
        body.clear()
        with pytest.raises(Overloaded):
            async with bodies.read(request(b"123", b"45")):
                pass
        assert services.bodies.free == 4
    assert services.bodies.free == 10
    with pytest.raises(RequestTooLarge):
        async with bodies.read(request(b"123", b"45"), most=4):
            pass
    assert services.bodies.free == 10


async def test_only_what_is_large_is_read_in_a_thread() -> None:
    here = threading.get_ident()
    assert await aside(SMALL, threading.get_ident) == here
    assert await aside(SMALL + 1, threading.get_ident) != here


async def longest_stop(client: httpx.AsyncClient, path: str, body: bytes) -> float:
    """For how long nothing else ran while this was answered, in seconds."""
    stops = []

    async def look() -> None:
        before = time.perf_counter()
        while True:
            await asyncio.sleep(0)
            now = time.perf_counter()
            stops.append(now - before)
            before = now

    looking = asyncio.create_task(look())
    answer = await client.post(path, content=body, headers=JSON)
    looking.cancel()
    assert answer.status_code == 400
    assert len(answer.content) < 1000
    return max(stops)


ZEROS = [0] * 1_000_000
WRONG: dict[str, dict[str, Any]] = {
    "numbers": {"outputs": ZEROS},
    "labels": {"outputs": [{"labels": {"exclusive": True, "labels": [{"id": "a"}] * 200_000}}]},
    "fields": {"outputs": [{str(number): 0 for number in range(200_000)}]},
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_large_wrong_body_stops_nobody_else(tmp_path: Path, name: str) -> None:
    body = json.dumps({"name": "x", **WRONG[name]}).encode()
    began = time.perf_counter()
    json.loads(body)  # holds the interpreter wherever it runs
    least = time.perf_counter() - began
    async with running(tmp_path) as client:
        assert await longest_stop(client, SPECS, body) < 10 * least
