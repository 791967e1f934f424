"""Uploads: what arrives is what was sent, within bounds, and nothing of it stays."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request

from image_tagger.api.uploads import MOST_PARTS, Form, Uploads
from image_tagger.domain.errors import InvalidRequest, Overloaded, RequestTooLarge
from image_tagger.domain.queries import Upload
from image_tagger.media.spool import BUFFER, Spool
from image_tagger.services import Services, wire
from image_tagger.settings import Settings

LARGE = 3 * BUFFER + 17
Parts = list[tuple[str, bytes]]


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    async with wire(Settings(data_dir=tmp_path, max_upload_bytes=2 * LARGE, max_spool_bytes=3 * LARGE)) as wired:
        yield wired


def encoded(parts: Parts) -> tuple[str, bytes]:
    """Content type and body."""
    request = httpx.Request("POST", "http://test", files=[(name, ("f", content)) for name, content in parts])
    return request.headers["content-type"], request.read()


def request(content_type: str, body: bytes, *, chunk: int = 65536, leaves: bool = False) -> Request:
    """A request whose body comes in chunks; a client that leaves does so where the body would end."""
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": body[at : at + chunk], "more_body": True} for at in range(0, len(body), chunk)
    ]
    messages.append({"type": "http.disconnect"} if leaves else {"type": "http.request", "body": b""})
    coming = iter(messages)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return next(coming)

    return Request({"type": "http", "method": "POST", "headers": [(b"content-type", content_type.encode())]}, receive)


def form_request(parts: Parts, **how: Any) -> Request:
    return request(*encoded(parts), **how)


def content(upload: Upload) -> bytes:
    return upload.content if isinstance(upload.content, bytes) else upload.content.read_bytes()


def spooled(folder: Path) -> list[Path]:
    """The files of uploads on disk."""
    return [file for file in (folder / "spool").rglob("*") if file.is_file() and file.name != "lock"]


@contextmanager
def leaving_nothing(services: Services) -> Iterator[None]:
    """Nothing is left on disk, and all room is given back."""
    spool = services.spool
    free = spool.disk_free, spool.memory_free
    yield
    assert spooled(services.settings.data_dir) == []
    assert (spool.disk_free, spool.memory_free) == free


async def test_small_parts_stay_in_memory_and_large_ones_go_to_disk(services: Services) -> None:
    with leaving_nothing(services):
        parts = [("file", b"s" * BUFFER), ("file", b"l" * LARGE), ("other", b"")]
        async with Uploads(services).read(form_request(parts)) as form:
            small, large = form.uploads("file")
            assert isinstance(small.content, bytes)
            assert isinstance(large.content, Path)
            assert large.content.is_relative_to(services.settings.data_dir / "spool")
            assert [(part.name, content(part.upload)) for part in form.parts] == parts


@given(
    parts=st.lists(st.tuples(st.sampled_from(["file", "files", "name with ä"]), st.binary(max_size=300)), max_size=5),
    chunk=st.integers(1, 400),
)
async def test_every_form_arrives_as_it_was_sent(
    tmp_path_factory: pytest.TempPathFactory, parts: Parts, chunk: int
) -> None:
    async with wire(Settings(data_dir=tmp_path_factory.getbasetemp())) as services:
        if parts:
            async with Uploads(services).read(form_request(parts, chunk=chunk)) as form:
                assert [(part.name, content(part.upload)) for part in form.parts] == parts


async def test_full_memory_sends_small_parts_to_disk(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", disk_bytes=1000, memory_bytes=10)
    draft = spool.draft(most=100)
    await draft.write(b"123456")
    await draft.write(b"789abc")
    upload = await draft.finish()
    assert isinstance(upload.content, Path)
    assert upload.content.read_bytes() == b"123456789abc"
    await draft.discard()
    await spool.close()
    assert spooled(tmp_path) == []


async def test_a_text_is_read_as_utf_8(services: Services) -> None:
    parts = [("policy", b"first"), ("policy", "zweiter Text, ä".encode()), ("bytes", b"\xff"), ("long", b"x" * LARGE)]
    async with Uploads(services).read(form_request(parts)) as form:
        assert await form.text("policy") == "zweiter Text, ä"
        assert await form.text("absent") is None
        for name in ("bytes", "long"):
            with pytest.raises(InvalidRequest, match=name):
                await form.text(name)


@pytest.mark.parametrize(
    "kind", ["", "application/json", "application/x-www-form-urlencoded", "text/plain; boundary=x"]
)
async def test_a_body_of_another_type_is_an_empty_form(services: Services, kind: str) -> None:
    async with Uploads(services).read(request(kind, b"anything")) as form:
        assert form == Form()


PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
MALFORMED: dict[str, tuple[str, bytes]] = {
    "no boundary": ("multipart/form-data", b""),
    "empty boundary": ("multipart/form-data; boundary=", b""),
    "long boundary": ("multipart/form-data; boundary=" + "x" * 5000, b""),
    "nothing": ("multipart/form-data; boundary=b", b""),
    "another boundary": ("multipart/form-data; boundary=b", b"--c\r\n\r\n"),
    "cut in the content": ("multipart/form-data; boundary=b", PART + b"x" * LARGE),
    "cut in the headers": ("multipart/form-data; boundary=b", PART[:20]),
    "cut in the last boundary": ("multipart/form-data; boundary=b", PART + b"x\r\n--b-"),
    "a part without a name": ("multipart/form-data; boundary=b", b"--b\r\nX: y\r\n\r\nx\r\n--b--"),
    "a huge header": ("multipart/form-data; boundary=b", b"--b\r\nX: " + b"y" * 100_000 + b"\r\n\r\nx\r\n--b--"),
    "many headers": ("multipart/form-data; boundary=b", b"--b\r\n" + b"X: y\r\n" * 1000 + b"\r\nx\r\n--b--"),
}


@pytest.mark.parametrize("name", MALFORMED)
@pytest.mark.parametrize("chunk", [7, 65536])
async def test_a_malformed_body_is_refused(services: Services, name: str, chunk: int) -> None:
    kind, body = MALFORMED[name]
    with leaving_nothing(services), pytest.raises(InvalidRequest, match="multipart") as refused:
        async with Uploads(services).read(request(kind, body, chunk=chunk if len(body) < LARGE else 65536)):
            pass
    assert type(refused.value) is InvalidRequest


@given(st.binary(max_size=400))
async def test_any_bytes_are_a_form_or_are_refused(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    async with wire(Settings(data_dir=tmp_path_factory.getbasetemp())) as services:
        with pytest.raises(InvalidRequest):
            async with Uploads(services).read(request("multipart/form-data; boundary=b", PART + body)):
                pass


async def test_a_part_needs_no_file_name(services: Services) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\ncontent\r\n--b--\r\n'
    async with Uploads(services).read(request("multipart/form-data; boundary=b", body)) as form:
        assert [content(upload) for upload in form.uploads("file")] == [b"content"]


def too_large_a_file(settings: Settings) -> Parts:
    return [("file", b"x" * LARGE), ("file", b"x" * (settings.max_upload_bytes + 1))]


def too_many_parts(_: Settings) -> Parts:
    return [("file", b"x")] * (MOST_PARTS + 1)


def more_than_the_spool(settings: Settings) -> Parts:
    return [("file", b"x" * LARGE)] * (settings.max_spool_bytes // LARGE + 1)


@pytest.mark.parametrize(
    ("sent", "error"),
    [(too_large_a_file, RequestTooLarge), (too_many_parts, RequestTooLarge), (more_than_the_spool, Overloaded)],
)
async def test_what_is_too_much_is_refused(
    services: Services, sent: Callable[[Settings], Parts], error: type[Exception]
) -> None:
    with leaving_nothing(services), pytest.raises(error):
        async with Uploads(services).read(form_request(sent(services.settings))):
            pass


async def test_a_body_is_bounded_as_a_whole(tmp_path: Path) -> None:
    async with wire(Settings(data_dir=tmp_path, max_body_bytes=BUFFER)) as services:
        with leaving_nothing(services), pytest.raises(RequestTooLarge):
            async with Uploads(services).read(form_request([("file", b"x" * (BUFFER // 2))] * 3)):
                pass


async def test_nothing_stays_of_a_client_who_leaves(services: Services) -> None:
    _, body = encoded([("file", b"x" * LARGE)])
    with leaving_nothing(services), pytest.raises(ClientDisconnect):
        async with Uploads(services).read(request("multipart/form-data; boundary=b", PART + body, leaves=True)):
            pass


async def test_nothing_stays_when_the_work_fails(services: Services) -> None:
    with leaving_nothing(services), pytest.raises(ZeroDivisionError):
        async with Uploads(services).read(form_request([("file", b"x" * LARGE)])):
            raise ZeroDivisionError


async def test_nothing_stays_when_the_work_is_cancelled(services: Services) -> None:
    reading = asyncio.Event()

    async def work() -> None:
        async with Uploads(services).read(form_request([("file", b"x" * LARGE)])):
            reading.set()
            await asyncio.Event().wait()

    with leaving_nothing(services):
        task = asyncio.create_task(work())
        await reading.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_an_upload_cancelled_while_it_is_written_does_not_come_back(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", disk_bytes=100 * BUFFER)
    for _ in range(20):
        draft = spool.draft(most=10 * BUFFER)
        writing = asyncio.create_task(draft.write(b"x" * (BUFFER + 1)))
        await asyncio.sleep(0)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await draft.discard()
    assert spooled(tmp_path) == []
    assert spool.disk_free == 100 * BUFFER
    await spool.close()


async def test_a_folder_that_cannot_be_written_is_said_to_the_client_and_not_to_be_his_fault(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file where the folder should be")
    async with wire(Settings(data_dir=tmp_path)) as services:
        with pytest.raises(Overloaded, match="cannot be stored"):
            async with Uploads(services).read(form_request([("file", b"x" * LARGE)])):
                pass
        async with Uploads(services).read(form_request([("file", b"small")])) as form:
            assert content(form.uploads("file")[0]) == b"small"
