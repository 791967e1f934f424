"""What is sent for an inference: refused before it is kept where it is too large, decoded as it was encoded."""

import base64
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from image_tagger.api.dialects.recognition.sources import PIECE, Largest, Sources
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.inference import Stored
from image_tagger.domain.queries import Upload
from image_tagger.media.spool import BUFFER
from tests.asgi import running
from tests.dialects.recognition.platform import Wire

PICTURE, VIDEO = BUFFER // 2, 2 * BUFFER  # bytes at most; the latter is spooled to disk
INFERENCE = "/v0.7/recognition/public/starter/inference"
TENSORS = "/v0.7/networks/public/starter/inference"
MP4 = b"\0\0\0\x18ftypisom"
Ask = Callable[[bytes, str], Wire]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that takes small pictures and less small films, and does no jobs."""
    async with running(tmp_path, max_media_bytes=PICTURE, max_video_bytes=VIDEO, job_places=0) as client:
        yield client


def in_json(content: bytes, kind: str) -> Wire:
    source = f"data:image/*;base64,{base64.b64encode(content).decode()}"
    return {"json": {"inputs": [{kind: {"source": source}}], "output_tensors": ["logits"]}}


def in_form(content: bytes, kind: str) -> Wire:
    return {"data": {"output_tensors[0]": "logits"}, "files": {f"inputs[0]{kind}.source": content}}


def in_form_with_prefix(content: bytes, kind: str) -> Wire:
    return in_form(b"data:image/jpeg;binary," + content, kind)


@pytest.mark.parametrize("asking", [in_json, in_form, in_form_with_prefix])
@pytest.mark.parametrize(
    "sent",
    [
        (INFERENCE, "image", b"", PICTURE),
        (INFERENCE, "image", MP4, VIDEO),
        (INFERENCE, "video", b"GIF89a", PICTURE),
        (INFERENCE, "video", MP4, VIDEO),
        (TENSORS, "image", b"", PICTURE),
    ],
)
async def test_what_is_too_large_is_not_kept(
    client: httpx.AsyncClient, tmp_path: Path, asking: Ask, sent: tuple[str, str, bytes, int]
) -> None:
    path, kind, beginning, most = sent
    refused = await client.post(path, **asking(beginning.ljust(most + 1, b"\0"), kind))
    assert (refused.status_code, refused.json()["error"]) == (
        413,
        f"inputs.0.{kind}.source: the file has {most + 1} bytes; at most {most} are accepted",
    )
    assert kept(tmp_path) == []
    assert (await client.post(path, **asking(beginning.ljust(most, b"\0"), kind))).status_code == 201
    assert kept(tmp_path) == [most]


def kept(folder: Path) -> list[int]:
    """The sizes of what is kept for inferences."""
    return [file.stat().st_size for file in (folder / "blobs").rglob("*") if file.is_file()]


async def decoded(text: bytes) -> bytes:
    """What is kept of a text of base64."""
    found: list[bytes | Path] = []

    async def keep(content: bytes | Path) -> str:
        found.append(content)
        return "hash"

    sources = Sources(keep, Largest(len(text), len(text)))
    assert await sources.media(Upload(b"data:image/*;base64," + text), "here") == Stored("hash")
    assert isinstance(found[0], bytes)
    return found[0]


@pytest.mark.parametrize("size", [1, 2, 3, PIECE, 3 * PIECE, 3 * PIECE + 1, 3 * PIECE + 2])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.encodebytes])
async def test_base64_of_any_length_is_decoded(size: int, encode: Callable[[bytes], bytes]) -> None:
    content = os.urandom(size)
    assert await decoded(encode(content)) == content


@pytest.mark.parametrize("size", [3, 2 * PIECE + 1])
@pytest.mark.parametrize("end", [b"QQ=", b"Q", b"QUI", b"Q="])
async def test_base64_without_its_end_is_refused(size: int, end: bytes) -> None:
    text = base64.encodebytes(os.urandom(3 * size)) + end
    with pytest.raises(InvalidRequest, match="here: it is not valid base64"):
        await decoded(text)


@pytest.mark.parametrize("size", [3, 2 * PIECE + 1])
async def test_what_stands_behind_the_end_of_base64_does_not_count(size: int) -> None:
    content = os.urandom(3 * size)
    assert await decoded(base64.encodebytes(content) + b"QQ==" + base64.encodebytes(content)) == content + b"A"
