"""T11 to T18: the download of the picture, from hosts that behave and hosts that do not."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from tests.dialects.pictures import every_mode, jpeg, truncated
from tests.dialects.predictions.asking import ask, invalid_image, predictions, unreachable
from tests.server import Address
from tests.upstream import Behaviour, ImageHost, answer, raw, redirect, reset

MODES = every_mode(1)
PAGE = b"<!doctype html><html><body><img src='photo.jpg'></body></html>"


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken, so that nobody else gets it, and on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_t11_a_closed_port_is_unreachable(client: httpx.Client, closed_port: int) -> None:
    assert unreachable(ask(client, f"http://127.0.0.1:{closed_port}/photo.jpg"))


def test_t11_an_unknown_host_is_unreachable(client: httpx.Client) -> None:
    assert unreachable(ask(client, "http://no-such-host.invalid/photo.jpg"))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 500, 503])
def test_t11_an_error_status_is_unreachable_even_with_a_picture(
    client: httpx.Client, host: ImageHost, status: int
) -> None:
    assert unreachable(ask(client, host.on(f"/status-{status}.jpg", answer(jpeg(1), status=status))))


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(reset, id="reset"),
        pytest.param(raw(b""), id="closes without a word"),
        pytest.param(raw(b"HTTP/1.1 200"), id="closes within the status line"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\nContent-Ty"), id="closes within the headers"),
        pytest.param(raw(b"220 mail.example.com ESMTP\r\n\r\n"), id="bad status line"),
        pytest.param(raw(b"HTTP/1.1 two OK\r\n\r\n"), id="bad status"),
        pytest.param(raw(b"\x00\xff\xfe" * 1000), id="noise"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nabc"), id="bad length"),
    ],
)
def test_t12_bug04_a_broken_host_is_unreachable(client: httpx.Client, host: ImageHost, behaviour: Behaviour) -> None:
    assert unreachable(ask(client, host.on("/broken", behaviour)))


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(answer(jpeg(1)[: len(jpeg(1)) // 3], promised=len(jpeg(1))), id="a third"),
        pytest.param(answer(b"", promised=5000), id="nothing"),
        pytest.param(
            raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100\r\n" + jpeg(1)[:0x80]), id="half a chunk"
        ),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n"), id="a bad chunk"),
        pytest.param(answer(jpeg(1), headers=("Content-Encoding: gzip",)), id="not the gzip it says"),
    ],
)
def test_t12_bug04_a_short_body_is_an_error_in_the_documented_words(
    client: httpx.Client, host: ImageHost, behaviour: Behaviour
) -> None:
    found = ask(client, host.on("/short.jpg", behaviour))

    assert unreachable(found) or invalid_image(found)


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(answer(b"this is no picture"), id="text as jpg"),
        pytest.param(answer(b""), id="empty"),
        pytest.param(answer(PAGE, content_type="text/html"), id="web page"),
        pytest.param(answer(b"\xff\xd8\xff\xe0" + bytes(500)), id="only the first bytes of a JPEG"),
        pytest.param(answer(b"\x89PNG\r\n\x1a\n", content_type="image/png"), id="only a signature"),
        pytest.param(answer(b"%PDF-1.7\n", content_type="application/pdf"), id="pdf"),
    ],
)
def test_t13_what_is_no_image_is_invalid(client: httpx.Client, host: ImageHost, behaviour: Behaviour) -> None:
    assert invalid_image(ask(client, host.on("/no-image.jpg", behaviour)))


@pytest.mark.parametrize("kind", truncated())
def test_t14_bug03_a_truncated_image_is_invalid(client: httpx.Client, host: ImageHost, kind: str) -> None:
    assert invalid_image(ask(client, host.on(f"/truncated.{kind}", answer(truncated()[kind]))))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_t15_a_redirect_is_followed_and_the_first_url_echoed(
    client: httpx.Client, host: ImageHost, photo: str, status: int
) -> None:
    first = host.on(f"/moved-{status}", redirect(photo, status=status))

    assert predictions(client, first, top=3) == predictions(client, photo, top=3)


def test_t15_two_redirects_are_followed(client: httpx.Client, host: ImageHost, photo: str) -> None:
    assert photo.endswith("/photo.jpg")
    host.on("/folder/second", redirect("../photo.jpg"))
    first = host.on("/first", redirect("/folder/second"))

    assert predictions(client, first, top=3) == predictions(client, photo, top=3)


@pytest.mark.parametrize("location", ["/round", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://", "http://[", ""])
def test_t15_a_redirect_to_nowhere_is_unreachable(client: httpx.Client, host: ImageHost, location: str) -> None:
    assert unreachable(ask(client, host.on("/round", redirect(location))))


@pytest.mark.parametrize("content_type", ["text/plain", "text/html; charset=utf-8", "image/gif", "nonsense", ""])
def test_t15_the_content_type_and_the_extension_do_not_matter(
    client: httpx.Client, host: ImageHost, photo: str, content_type: str
) -> None:
    url = host.on("/photo.txt", answer(jpeg(1), content_type=content_type))

    assert predictions(client, url, top=3) == predictions(client, photo, top=3)


@pytest.mark.parametrize("name", MODES)
def test_t16_bug02_every_colour_mode_and_format_is_tagged(client: httpx.Client, host: ImageHost, name: str) -> None:
    url = host.on("/any-mode", answer(MODES[name][1]))

    assert len(predictions(client, url, top=2)) == 2


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        ("/photo.jpg?x=a%20b%2Fc&y=%E2%82%AC", "/photo.jpg?x=a%20b%2Fc&y=%E2%82%AC"),
        ("/photo.jpg?x=%2f&y=%2F&z=%7e~", "/photo.jpg?x=%2f&y=%2F&z=%7e~"),
        ("/photo.jpg?a=1+1&a=2;b&=&&", "/photo.jpg?a=1+1&a=2;b&=&&"),
        ("/photo.jpg?redirect=http://example.com/?q", "/photo.jpg?redirect=http://example.com/?q"),
        ("/photo.jpg#part", "/photo.jpg"),
    ],
)
def test_t17_a_url_is_echoed_unchanged_and_its_query_sent_on(
    server: Address, host: ImageHost, photo: str, target: str, sent: str
) -> None:
    url = photo.removesuffix("/photo.jpg") + target

    status, text = server.raw_get("/predictions?url=" + quote(url, safe=""))

    assert (status, json.loads(text)["url"]) == (200, url)
    assert host.received[-1].target == sent


@pytest.mark.parametrize("end", ["?", "?x=1", "?x=http://a.b/?y"])
def test_t17_an_unquoted_url_with_a_query_is_echoed_unchanged(
    server: Address, host: ImageHost, photo: str, end: str
) -> None:
    status, text = server.raw_get(f"/predictions?url={photo}{end}")

    assert status == 200
    assert f'"{photo}{end}"' in text
    assert host.received[-1].target in {"/photo.jpg" + end, "/photo.jpg" + end.removesuffix("?")}


@pytest.mark.parametrize("scheme", ["HTTP", "Http", "hTtP"])
def test_t17_an_upper_case_scheme_is_echoed_unchanged(server: Address, photo: str, scheme: str) -> None:
    url = scheme + photo.removeprefix("http")

    status, text = server.raw_get("/predictions?url=" + url)

    assert (status, f'"{url}"' in text) == (200, True)


def test_t17_no_slash_is_added(client: httpx.Client, host: ImageHost) -> None:
    host.on("/", answer(jpeg(1)))

    assert ask(client, host.address).json()["url"] == host.address
    assert host.received[-1].target == "/"


def test_t18_the_download_is_a_get_of_a_browser(client: httpx.Client, host: ImageHost) -> None:
    predictions(client, host.on("/watched.jpg", answer(jpeg(1))))

    (request,) = host.requests_to("/watched.jpg")
    assert request.method == "GET"
    assert request.headers["user-agent"].startswith("Mozilla/5.0")
    assert request.headers["host"] == host.address.removeprefix("http://")
