"""What is asked of a host, where redirects lead, and where no connection goes."""

import asyncio
import socket
import threading
from dataclasses import replace

import pytest

from image_tagger.domain.errors import RefusedMedia, UnreachableMedia
from tests.media.hosts import LIMITS, MOMENT, PHOTO, QUICK, fetch, fetching, hosting, page, then_close, to

# What is asked, and what comes back


@pytest.mark.parametrize("kind", ["image/jpeg", "text/html", "nonsense"])
async def test_the_bytes_count_whatever_they_are_called(kind: str) -> None:
    async with hosting() as host:
        host.pages["/a.html"] = page(PHOTO, f"Content-Type: {kind}")
        assert await fetch(host.url("/a.html")) == PHOTO


async def test_bodies_come_in_every_framing() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    async with hosting(page(b""), chunked=chunked, ended=then_close(b"HTTP/1.0 200 OK\r\n\r\nabcde")) as host:
        assert await fetch(host.url()) == b""
        assert await fetch(host.url("/chunked")) == b"abcde"
        assert await fetch(host.url("/ended")) == b"abcde"


async def test_one_connection_serves_many_downloads() -> None:
    async with hosting(page()) as host, fetching() as fetcher:
        for _ in range(3):
            assert await fetcher.fetch(host.url()) == PHOTO
        assert host.connections == 1


async def test_the_request_is_a_plain_get_like_a_browsers() -> None:
    async with hosting(page(PHOTO, "Set-Cookie: a=b; Path=/")) as host, fetching() as fetcher:
        await fetcher.fetch(host.url())
        await fetcher.fetch(host.url())
    first, *headers = host.requests[1].decode().strip().split("\r\n")
    named = dict(header.split(": ", 1) for header in headers)
    assert first == "GET / HTTP/1.1"
    assert named.pop("User-Agent").startswith("Mozilla/5.0")
    assert named == {"Host": f"127.0.0.1:{host.port}", "Accept": "*/*", "Accept-Encoding": "identity"}


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("", "/"),
        ("/?", "/?"),
        ("/a.jpg?x=%2F%3f&y=a+b&&z", "/a.jpg?x=%2F%3f&y=a+b&&z"),
        ("/a/../%7Eb//c%zz", "/a/../%7Eb//c%zz"),
        ("?q=1#part", "/?q=1"),
        ("/caf\u00e9 1.jpg", "/caf%C3%A9%201.jpg"),
    ],
)
async def test_the_url_is_sent_on_as_written(written: str, sent: str) -> None:
    async with hosting() as host:
        host.pages[sent] = page()
        assert await fetch(host.url(written, scheme="HTTP")) == PHOTO
    assert host.requests[0].startswith(f"GET {sent} HTTP/1.1\r\n".encode())


@pytest.mark.parametrize("status", ["204 No Content", "206 Partial Content"])
async def test_every_success_is_a_success(status: str) -> None:
    async with hosting(page(b"", status=status)) as host:
        assert await fetch(host.url()) == b""


@pytest.mark.parametrize("status", [300, 304, 400, 401, 403, 404, 410, 429, 500, 503, 600])
async def test_any_other_status_is_an_error(status: int) -> None:
    async with hosting(page(b"", status=f"{status} No")) as host:
        with pytest.raises(UnreachableMedia, match=f"^the address cannot be reached: status {status}$"):
            await fetch(host.url())


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(status: int) -> None:
    async with hosting(to("first?x=%2F", f"{status} Moved"), last=page()) as host:
        host.pages["/first?x=%2F"] = to(host.url("/last"))
        assert await fetch(host.url()) == PHOTO
    assert [request.split()[1] for request in host.requests] == [b"/", b"/first?x=%2F", b"/last"]


async def test_redirects_have_a_limit() -> None:
    async with hosting(to("/a"), a=to("/b"), b=to("/c"), c=to("/d"), d=page()) as host:
        with pytest.raises(UnreachableMedia, match="too many redirects"):
            await fetch(host.url())
        assert await fetch(host.url("/a")) == PHOTO


@pytest.mark.parametrize(
    "location", ["", "file:///etc/hosts", "ftp://127.0.0.1/", "http://", "http://[", "http://a@127.0.0.1/", "data:,x"]
)
async def test_redirects_to_no_web_address_end_there(location: str) -> None:
    async with hosting(to(location)) as host:
        with pytest.raises(UnreachableMedia):
            await fetch(host.url())


async def test_each_redirect_is_checked_again() -> None:
    async with hosting() as target, hosting(to(target.url(host="0.0.0.0"))) as host:
        with pytest.raises(RefusedMedia, match="its host is not public"):
            await fetch(host.url())
        assert target.connections == 0


# Where connections may go


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1.2.3", "0.0.0.0", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"]
)
async def test_private_hosts_are_refused_by_default(host: str) -> None:
    async with hosting(page()) as private:
        with pytest.raises(UnreachableMedia):
            await fetch(private.url(host=host), replace(LIMITS, allow_private=False))
        assert private.connections == 0


@pytest.mark.parametrize("found", [["127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["127.0.0.1", "1.1.1.1"], ["::1"]])
async def test_one_refused_address_refuses_the_name(found: list[str]) -> None:
    async with hosting(page()) as host:
        address = host.url(host="photos.example")
        with pytest.raises(RefusedMedia, match="its host is not public"):
            await fetch(address, replace(LIMITS, allow_private=False), resolve=lambda _: found)
        assert host.connections == 0


async def test_a_name_is_asked_for_once_and_the_checked_address_used() -> None:
    answers = [["127.0.0.1"], ["0.0.0.0"]]
    async with hosting(page()) as host:
        address = host.url(host="photos.example")
        assert await fetch(address, resolve=lambda _: answers.pop(0)) == PHOTO
    assert answers == [["0.0.0.0"]]
    assert f"Host: photos.example:{host.port}".encode() in host.requests[0]


@pytest.mark.parametrize("failure", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")])
async def test_an_unknown_name_is_an_error(failure: Exception) -> None:
    def fail(_: str) -> list[str]:
        raise failure

    with pytest.raises(UnreachableMedia, match=r"^the address cannot be reached: unknown host$"):
        await fetch("http://photos.example/", resolve=fail)


async def test_a_name_without_addresses_is_unknown() -> None:
    with pytest.raises(UnreachableMedia, match="unknown host"):
        await fetch("http://photos.example/", resolve=lambda _: [])


async def test_a_silent_name_server_takes_no_longer_than_allowed() -> None:
    answered = threading.Event()
    try:
        async with asyncio.timeout(MOMENT):
            with pytest.raises(UnreachableMedia, match="too slow"):
                await fetch("http://photos.example/", QUICK, resolve=lambda _: [str(answered.wait(MOMENT))])
    finally:
        answered.set()
