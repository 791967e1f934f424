"""Manifests: lines of JSON that name pictures."""

from collections.abc import AsyncIterator

import pytest

from image_tagger.domain.errors import InvalidRequest
from image_tagger.media import manifests


@pytest.mark.parametrize(
    ("line", "source"),
    [
        (b'{"source-ref": "s3://bucket/a.jpg"}', "s3://bucket/a.jpg"),
        (b'{"source-ref": "s3://bucket/a.jpg", "class": 3}\r', "s3://bucket/a.jpg"),
        (b'{"url": "https://example.org/a.jpg"}', "https://example.org/a.jpg"),
        (b'{"file": "2024/a.jpg"}', "2024/a.jpg"),
        (b'"a.jpg"', "a.jpg"),
        (b'\xef\xbb\xbf"a.jpg"', "a.jpg"),
        ('"bär.jpg"'.encode(), "bär.jpg"),
        (b"   ", ""),
        (b"", ""),
    ],
)
def test_a_line_names_a_picture(line: bytes, source: str) -> None:
    assert manifests.source_of_line(line, 1) == source


@pytest.mark.parametrize("line", [b"a.jpg", b"{", b"\xff", b"[" * 100_000])
def test_a_line_that_is_no_json_is_named_by_its_number(line: bytes) -> None:
    with pytest.raises(InvalidRequest, match="line 7 of the manifest is no JSON"):
        manifests.source_of_line(line, 7)


@pytest.mark.parametrize(
    "line", [b"{}", b"3", b'""', b'{"url": 3}', b'{"name": "a.jpg"}', b'"a\\u0000b"', b"null", b'"\\ud800"']
)
def test_a_line_that_names_nothing_says_what_it_needs(line: bytes) -> None:
    with pytest.raises(InvalidRequest, match="line 7 of the manifest names no picture: it needs one of"):
        manifests.source_of_line(line, 7)


async def test_lines_come_whole_however_the_file_is_cut() -> None:
    assert [line async for line in manifests.lines(_pieces(b"a", b"b\nc\n", b"\nd"))] == [b"ab", b"c", b"", b"d"]


async def test_a_line_that_never_ends_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="longer than"):
        [line async for line in manifests.lines(_pieces(*[b"x" * 1024] * 65))]


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
