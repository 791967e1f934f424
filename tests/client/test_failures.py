"""Servers that are busy, gone, slow or of another kind."""

import json
import socket
import threading
import time
from collections.abc import Callable

import pytest

from image_tagger.domain.errors import InvalidRequest, ModelUnavailable, Overloaded, ServerUnavailable, TaggerError
from tests.client.conftest import Call, awaiting, blocking
from tests.upstream import Behaviour, ImageHost, answer, reset, silent

LABELS = {"data": [{"source": {"content": [{"label": "tench", "probability": 0.5}]}}], "list_id_not_treated": []}
SOON = ("Retry-After: 0",)
Open = Callable[..., Call]


@pytest.fixture(params=[blocking, awaiting])
def open_call(request: pytest.FixtureRequest) -> Open:
    """Both kinds of client, at an address of the test's choice."""
    opened: Open = request.param
    return opened


def said(body: object, status: int = 200, headers: tuple[str, ...] = ()) -> Behaviour:
    return answer(json.dumps(body).encode(), status=status, content_type="application/json", headers=headers)


def first_busy(times: int, then: Behaviour) -> Behaviour:
    """Busy so many times."""
    busy = said({"error": "too much is waiting"}, 503, SOON)
    turns = iter([busy] * times + [then])

    def behave(connection: socket.socket) -> None:
        next(turns)(connection)

    return behave


def test_a_busy_server_is_asked_again(open_call: Open, host: ImageHost) -> None:
    before = len(host.requests_to("/process"))
    host.on("/process", first_busy(3, said(LABELS)))

    (found,) = open_call(host.address)("tag", b"picture")

    assert (found.label, found.score) == ("tench", 0.5)
    assert len(host.requests_to("/process")) - before == 4


def test_patience_ends(open_call: Open, host: ImageHost) -> None:
    host.on("/process", said({"error": "Overloaded\ntoo much is waiting"}, 503, ("Retry-After: 7",)))
    with pytest.raises(Overloaded, match=r"^too much is waiting$") as caught:
        open_call(host.address, patience=1.0)("tag", b"picture")
    assert caught.value.retry_after == 7


def test_what_will_not_pass_is_not_asked_again(open_call: Open, host: ImageHost) -> None:
    before = len(host.requests_to("/api/moderation"))
    host.on("/api/moderation", said({"detail": "the model is not here"}, 503))
    with pytest.raises(ModelUnavailable, match="not here"):
        open_call(host.address)("moderate", b"picture")
    assert len(host.requests_to("/api/moderation")) - before == 1


def test_a_server_that_starts_late_is_waited_for(open_call: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as place:
        port = place.getsockname()[1]
    late = threading.Timer(0.4, _serve_once, (port, said(LABELS)))
    late.start()
    assert len(open_call(f"http://127.0.0.1:{port}")("tag", b"picture")) == 1
    late.join()


def test_a_server_that_is_not_there_is_an_error(open_call: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as place:
        address = f"http://127.0.0.1:{place.getsockname()[1]}"
    with pytest.raises(ServerUnavailable, match="cannot be reached"):
        open_call(address, patience=0.2)("tag", b"picture")


def test_a_server_that_is_silent_is_given_up(open_call: Open, host: ImageHost) -> None:
    host.on("/process", silent)
    began = time.monotonic()
    with pytest.raises(ServerUnavailable, match="in time"):
        open_call(host.address, seconds=0.3)("tag", b"picture")
    assert time.monotonic() - began < 5


def test_a_connection_that_breaks_is_an_error(open_call: Open, host: ImageHost) -> None:
    host.on("/process", reset)
    with pytest.raises(ServerUnavailable, match="broke"):
        open_call(host.address)("tag", b"picture")


@pytest.mark.parametrize("body", [{"hello": "world"}, [], "text", {"data": None, "list_id_not_treated": []}])
def test_another_kind_of_server_is_an_error(open_call: Open, host: ImageHost, body: object) -> None:
    host.on("/process", said(body))
    with pytest.raises(ServerUnavailable, match="is it an Image Tagger"):
        open_call(host.address)("tag", b"picture")


def test_a_page_instead_of_an_answer_is_an_error(open_call: Open, host: ImageHost) -> None:
    host.on("/process", answer(b"<html>", status=502, content_type="text/html"))
    with pytest.raises(ServerUnavailable, match="status 502"):
        open_call(host.address)("tag", b"picture")


def test_an_answer_that_cannot_be_unpacked_is_an_error(open_call: Open, host: ImageHost) -> None:
    host.on("/process", answer(b"no gzip", content_type="application/json", headers=("Content-Encoding: gzip",)))
    with pytest.raises(ServerUnavailable, match="cannot be read"):
        open_call(host.address)("tag", b"picture")


def test_a_server_that_wants_to_be_left_alone_for_ever_is(open_call: Open, host: ImageHost) -> None:
    host.on("/process", said({"error": "later"}, 503, (f"Retry-After: {'9' * 400}",)))
    with pytest.raises(Overloaded, match="later"):
        open_call(host.address)("tag", b"picture")


@pytest.mark.parametrize("key", ["clé", "two\nlines"])
def test_a_key_that_no_header_can_have_is_refused_at_once(open_call: Open, key: str) -> None:
    with pytest.raises(InvalidRequest, match="API key"):
        open_call("http://127.0.0.1:1", api_key=key)("tag", b"picture")


@pytest.mark.parametrize("model", ["half \ud800", "line\nline"])
def test_a_model_that_cannot_be_written_is_an_error_of_ours(open_call: Open, host: ImageHost, model: str) -> None:
    for method, more in (("tag", {}), ("moderate", {"every": model})):
        with pytest.raises(TaggerError):
            open_call(host.address)(method, b"picture", model=model, **more)


NO_ADDRESS = [
    "127.0.0.1:8000",
    "ftp://127.0.0.1",
    "http://",
    "http://[",
    "http://h:abc",
    "http://h:99999",
    "http://ä..b",
]


@pytest.mark.parametrize("url", [*NO_ADDRESS, "http://h\x00", "http://h/\ud800", f"http://{'a' * 64}"], ids=ascii)
def test_what_is_no_address_is_refused_at_once(open_call: Open, url: str) -> None:
    with pytest.raises(InvalidRequest, match="http"):
        open_call(url)("tag", b"picture")


def _serve_once(port: int, behaviour: Behaviour) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(10)
            connection.recv(65536)
            behaviour(connection)
