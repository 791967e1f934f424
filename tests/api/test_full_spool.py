"""Forms mean the same while the memory for uploads is full and even their smallest parts have to go to disk."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from image_tagger.media.spool import BUFFER, MEMORY
from tests.asgi import running
from tests.pictures import jpeg

PART = b'--b\r\nContent-Disposition: form-data; name="files"\r\n\r\n'
POLICY = 'model = "starter"\n[labels.hotdog]\naction = "block"\nthreshold = 0.9\n'
INFERENCE = "/v0.7/recognition/public/starter/inference"


@asynccontextmanager
async def full_spool(client: httpx.AsyncClient) -> AsyncIterator[None]:
    """While a form arrives whose parts take all the memory that uploads may take, each for itself a small one."""
    arrived, enough = asyncio.Event(), asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        for _ in range(MEMORY // BUFFER):
            yield PART + b"x" * BUFFER + b"\r\n"
        arrived.set()  # and read: the next piece is asked for
        await enough.wait()
        yield b"--b--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    sending = asyncio.create_task(client.post("/api/multi-image-classification", content=body(), headers=headers))
    await arrived.wait()
    try:
        yield
    finally:
        enough.set()
        assert (await sending).status_code == 400  # these were no pictures


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server whose spool is full."""
    async with running(tmp_path) as client, full_spool(client):
        yield client


async def task(client: httpx.AsyncClient, asked: httpx.Response) -> dict[str, Any]:
    """The task of an inference; it has ended."""
    assert asked.status_code == 201, asked.text
    while True:
        found: dict[str, Any] = (await client.get(f"/v0.7/tasks/{asked.json()['task_id']}/")).json()
        if found["status"] != "pending":
            return found


async def test_fields_are_read(client: httpx.AsyncClient) -> None:
    fields = {"show_discarded": "True", "max_predictions": "3"}
    asked = await client.post(INFERENCE, data=fields, files={"inputs[0]image.source": jpeg()})
    labels = (await task(client, asked))["data"]["outputs"][0]["labels"]
    assert len(labels["predicted"]) + len(labels["discarded"]) == 3


async def test_a_url_is_fetched(client: httpx.AsyncClient) -> None:
    asked = await client.post(INFERENCE, files={"inputs[0]image.source": (None, "http://127.0.0.1/photo.jpg")})
    assert "address" in (await task(client, asked))["error"]


@pytest.mark.parametrize("prefix", [b"data:image/jpeg;binary,", b"data:image/jpeg;base64,"])
async def test_an_empty_picture_is_refused(client: httpx.AsyncClient, prefix: bytes) -> None:
    asked = await client.post(INFERENCE, files={"inputs[0]image.source": prefix})
    assert (asked.status_code, asked.json()["error"]) == (400, "inputs.0.image.source: it is empty")


async def test_the_fields_of_an_uploaded_network_are_read(client: httpx.AsyncClient) -> None:
    asked = await client.post("/v0.7/networks/", data={"name": "test", "framework": "abacus"}, files={"a.onnx": b"x"})
    assert asked.status_code == 400
    assert asked.json()["error"] == "preprocessing: this field is required"


async def test_a_policy_is_read(client: httpx.AsyncClient) -> None:
    sent: dict[str, Any] = {"file": ("file", jpeg()), "policy": (None, POLICY)}
    judged = await client.post("/api/moderation", files=sent)
    assert judged.status_code == 200, judged.text
    assert judged.json()["model"] == "starter"
