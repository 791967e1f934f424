"""Hosts that send too much, too little, too slowly or nonsense, and connections that end as they should."""

import asyncio
import gzip
import shutil
import ssl
import subprocess
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from image_tagger.domain.errors import InvalidRequest, MediaTooLarge, ShuttingDown, TaggerError, UnreachableMedia
from image_tagger.media.connections import CONNECTIONS_PER_HOST
from image_tagger.media.fetch import Fetcher, FetchLimits
from tests.media.hosts import (
    LIMITS,
    MOMENT,
    PHOTO,
    QUICK,
    Act,
    drip,
    fetch,
    fetching,
    hosting,
    page,
    reset,
    silence,
    then_close,
    unused_port,
)

# Size


async def test_exactly_the_limit_is_allowed() -> None:
    body = bytes(LIMITS.max_bytes)
    async with hosting(page(body), zipped=page(gzip.compress(body), "Content-Encoding: gzip")) as host:
        assert await fetch(host.url()) == body
        assert await fetch(host.url("/zipped")) == body


async def test_a_promise_of_too_much_is_refused_unread() -> None:
    async with hosting(b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n") as host:
        with pytest.raises(MediaTooLarge, match="100000 bytes"):
            await fetch(host.url())


async def test_too_much_without_a_promise_is_left() -> None:
    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1000\r\n" + bytes(0x1000) + b"\r\n")
            await writer.drain()

    async with hosting(endless, ended=then_close(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(100_001))) as host:
        for target in ("/", "/ended"):
            with pytest.raises(MediaTooLarge):
                await fetch(host.url(target))


# Compression nobody asked for


def deflated(body: bytes, window: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(PHOTO)),
        ("X-GZIP", gzip.compress(PHOTO) + b"rest"),
        ("deflate", deflated(PHOTO, zlib.MAX_WBITS)),
        ("deflate", deflated(PHOTO, -zlib.MAX_WBITS)),
        ("identity", PHOTO),
        ("utf-8", PHOTO),
    ],
)
async def test_compressed_bodies_are_unpacked(encoding: str, body: bytes) -> None:
    async with hosting(page(body, f"Content-Encoding: {encoding}")) as host:
        assert await fetch(host.url()) == PHOTO


async def test_an_empty_body_needs_no_unpacking() -> None:
    async with hosting(page(b"", "Content-Encoding: gzip")) as host:
        assert await fetch(host.url()) == b""


@pytest.mark.parametrize("body", [gzip.compress(PHOTO)[:-9], b"\x1f\x8bno", PHOTO], ids=["cut", "damaged", "neither"])
async def test_damaged_compression_is_a_broken_answer(body: bytes) -> None:
    async with hosting(page(body, "Content-Encoding: gzip")) as host:
        with pytest.raises(UnreachableMedia, match="a broken answer"):
            await fetch(host.url())


async def test_a_compression_bomb_is_left_at_the_limit() -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    assert len(bomb) < LIMITS.max_bytes
    async with hosting(page(bomb, "Content-Encoding: gzip")) as host, fetching() as fetcher:
        tracemalloc.start()
        try:
            with pytest.raises(MediaTooLarge):
                await fetcher.fetch(host.url())
            assert tracemalloc.get_traced_memory()[1] < 2 * 1024 * 1024
        finally:
            tracemalloc.stop()


# Broken, slow, gone

OK = b"HTTP/1.1 200 OK\r\n"
HOSTILE: dict[str, Act] = {
    "silent": silence,
    "dripping": drip,
    "reset": reset,
    "gone at once": then_close(b""),
    "bad status line": then_close(b"HELLO 200\r\n\r\n"),
    "no status": then_close(b"HTTP/1.1 \r\n\r\n"),
    "another protocol": then_close(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "a third of it": then_close(OK + b"Content-Length: 3000\r\n\r\n" + bytes(1000)),
    "cut in the headers": then_close(OK + b"Content-Le"),
    "two lengths": then_close(OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
    "no length": then_close(OK + b"Content-Length: many\r\n\r\nabcd"),
    "negative length": then_close(OK + b"Content-Length: -1\r\n\r\nabcd"),
    "cut chunk": then_close(OK + b"Transfer-Encoding: chunked\r\n\r\n10\r\nabc"),
    "broken chunk": then_close(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n"),
    "huge header": then_close(OK + b"X: " + b"a" * 200_000 + b"\r\nContent-Length: 0\r\n\r\n"),
    "many headers": then_close(OK + b"X: a\r\n" * 20_000 + b"Content-Length: 0\r\n\r\n"),
    "endless headers": then_close(OK + b"X: a\r\n" * 100_000),
    "another protocol from now on": then_close(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    "continue for ever": then_close(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
}


@pytest.mark.parametrize("act", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_hostile_host_is_unreachable_in_time(act: Act) -> None:
    async with asyncio.timeout(MOMENT), hosting(act) as host:
        with pytest.raises(
            UnreachableMedia, match=r"^the address cannot be reached: (too slow|a broken answer|status 101)$"
        ):
            await fetch(host.url(), QUICK)


@settings(max_examples=60, deadline=None)
@given(
    head=st.sampled_from(
        [b"", b"HTTP/1.1 ", OK, OK + b"Transfer-Encoding: chunked\r\n", OK + b"Content-Encoding: gzip\r\n"]
    ),
    rest=st.lists(st.sampled_from([b"\r\n", b": ", b"0\r\n", b"5", b"Location"]) | st.binary(max_size=8)).map(b"".join),
)
async def test_whatever_a_host_says_the_answer_is_bytes_or_a_domain_error(head: bytes, rest: bytes) -> None:
    async with hosting(then_close(head + rest)) as host:
        try:
            assert isinstance(await fetch(host.url(), QUICK), bytes)
        except TaggerError as error:
            assert type(error) is UnreachableMedia


async def test_what_follows_an_answer_is_never_the_next_answer() -> None:
    async with hosting(page() + page(b"smuggled")) as host, fetching() as fetcher:
        assert [await fetcher.fetch(host.url()) for _ in range(3)] == [PHOTO] * 3


async def test_a_closed_port_is_unreachable() -> None:
    with pytest.raises(UnreachableMedia, match="no connection"):
        await fetch(f"http://127.0.0.1:{unused_port()}/")


async def test_a_connection_closed_while_idle_is_opened_again() -> None:
    async with hosting(then_close(page())) as host, fetching() as fetcher:
        assert await fetcher.fetch(host.url()) == PHOTO
        assert await fetcher.fetch(host.url()) == PHOTO


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("no openssl here to make a certificate with")
    both = tmp_path_factory.mktemp("tls") / "both.pem"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    name = ["-subj", "/CN=photos.example", "-addext", "subjectAltName=DNS:photos.example"]
    command = [openssl, "req", "-x509", *kind, *name, "-keyout", str(both), "-out", f"{both}.crt"]
    subprocess.run(command, check=True, capture_output=True)
    both.write_bytes(both.read_bytes() + Path(f"{both}.crt").read_bytes())
    return both


@pytest.fixture
def server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


async def test_https_works_with_a_trusted_certificate(certificate: Path, server_side: ssl.SSLContext) -> None:
    trusting = ssl.create_default_context(cafile=certificate)
    async with hosting(page(), server_side) as host, fetching(resolve=lambda _: ["127.0.0.1"], tls=trusting) as fetcher:
        assert await fetcher.fetch(host.url(host="photos.example", scheme="https")) == PHOTO
        assert await fetcher.fetch(host.url(host="photos.example", scheme="HTTPS")) == PHOTO
        assert host.connections == 1
        with pytest.raises(UnreachableMedia, match="no trusted connection"):
            await fetcher.fetch(host.url(host="another.example", scheme="https"))


async def test_https_fails_with_any_other(server_side: ssl.SSLContext) -> None:
    async with hosting(page(), server_side) as host:
        with pytest.raises(UnreachableMedia, match="no trusted connection"):
            await fetch(host.url(host="photos.example", scheme="https"), resolve=lambda _: ["127.0.0.1"])
        assert not host.requests


@pytest.mark.parametrize("act", [then_close(page()), silence], ids=["plain", "silent"])
async def test_https_fails_without_tls(act: Act) -> None:
    async with hosting(act) as host:
        with pytest.raises(UnreachableMedia):
            await fetch(host.url(scheme="https"), QUICK)


# Connections


async def test_leaving_a_download_closes_its_connection() -> None:
    async with hosting(silence) as host, fetching() as fetcher:
        download = asyncio.create_task(fetcher.fetch(host.url()))
        await host.asked.acquire()
        download.cancel()
        with pytest.raises(asyncio.CancelledError):
            await download
        await asyncio.wait_for(host.left.wait(), MOMENT)


async def test_one_slow_host_cannot_take_all_connections_nor_hold_up_the_end() -> None:
    async with hosting(silence) as slow, hosting(page()) as good, fetching() as fetcher:
        many = [asyncio.create_task(fetcher.fetch(slow.url())) for _ in range(CONNECTIONS_PER_HOST + 10)]
        for _ in range(CONNECTIONS_PER_HOST):
            await slow.asked.acquire()
        assert await fetcher.fetch(good.url()) == PHOTO
        assert slow.connections == CONNECTIONS_PER_HOST
        async with asyncio.timeout(MOMENT):
            await fetcher.close()
            failures = await asyncio.gather(*many, return_exceptions=True)
        assert {type(failure) for failure in failures} == {ShuttingDown}


async def test_a_closed_fetcher_refuses() -> None:
    async with hosting(page()) as host:
        used, unused = Fetcher(LIMITS), Fetcher(LIMITS)
        assert await used.fetch(host.url()) == PHOTO
        for fetcher in (used, unused, used):
            await fetcher.close()
            with pytest.raises(ShuttingDown):
                await fetcher.fetch(host.url())


@pytest.mark.parametrize("wrong", [(0, 1, 0, 1), (1, 0, 0, 1), (1, 1, -1, 1), (1, 1, 0, 0), (float("nan"), 1, 0, 1)])
def test_limits_that_allow_nothing_cannot_be_made(wrong: tuple[float, float, int, int]) -> None:
    with pytest.raises(InvalidRequest):
        FetchLimits(*wrong)
