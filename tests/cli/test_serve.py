"""`image-tagger serve` as a process: addresses, signals, and what it says."""

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.cli.command import SECONDS, Outcome, ended, log_lines, run, started
from tests.dialects.pictures import jpeg
from tests.upstream import Behaviour, ImageHost, answer, silent


def logged(process: subprocess.Popen[bytes], event: str) -> dict[str, Any]:
    """The next line of the log with this event, as soon as it comes."""
    assert process.stderr is not None
    line: dict[str, Any] = {}
    while line.get("event") != event:
        line = json.loads(process.stderr.readline())
    return line


def listening(process: subprocess.Popen[bytes], count: int = 1) -> list[str]:
    """The addresses that the log names, as soon as it does."""
    return [logged(process, "Image Tagger listens")["url"] for _ in range(count)]


def get(address: str, target: str) -> tuple[int, Any]:
    parts = urlsplit(address)
    assert parts.hostname is not None
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=SECONDS)) as connection:
        connection.request("GET", target)
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def wait_until_refused(address: str) -> None:
    """Return when nobody listens there any more."""
    parts = urlsplit(address)
    end = time.monotonic() + SECONDS
    with contextlib.suppress(ConnectionRefusedError):
        while time.monotonic() < end:
            socket.create_connection((parts.hostname, parts.port), timeout=SECONDS).close()
            time.sleep(0.05)
        pytest.fail("the server still takes connections")


def gated(opened: threading.Event, content: bytes) -> Behaviour:
    """An answer that waits for a gate to be opened."""

    def behave(connection: socket.socket) -> None:
        opened.wait(SECONDS)
        answer(content)(connection)

    return behave


def wait_for_request(host: ImageHost, path: str) -> None:
    end = time.monotonic() + SECONDS
    while not host.requests_to(path):
        assert time.monotonic() < end, "the server does not ask"
        time.sleep(0.05)


def test_it_serves_on_every_port_that_is_named_and_ends_well_on_sigterm() -> None:
    with started("serve", "--port", "0", "--port", "0", port="1") as process:
        urls = listening(process, 2)
        answers = [get(url, "/health/ready") for url in urls]
        outcome = ended(process, signal.SIGTERM)
    assert len(set(urls)) == 2
    assert all(url.startswith("http://127.0.0.1:") for url in urls)
    assert answers == [(200, {"status": "ready", "model": "starter"})] * 2
    assert (outcome.status, outcome.out) == (0, "")
    assert [line["path"] for line in log_lines(outcome.err) if line["event"] == "request"] == ["/health/ready"] * 2


def test_text_in_a_file_has_no_colours() -> None:
    with started("serve", "--port", "0", image_tagger_log_format="text") as process:
        assert process.stderr is not None
        while "Image Tagger listens" not in (line := process.stderr.readline().decode()):
            assert line, "it ends without a word"
        outcome = ended(process, signal.SIGTERM)
    assert "\x1b" not in line + outcome.err


def test_without_a_port_the_environment_s_counts_and_ctrl_c_ends_it_well() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with started("serve", port=str(port)) as process:
        (url,) = listening(process)
        status, _ = get(url, "/health/live")
        outcome = ended(process, signal.SIGINT)
    assert url == f"http://127.0.0.1:{port}"
    assert (status, outcome.status) == (200, 0)
    assert "Traceback" not in outcome.err


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback address")
def test_a_host_may_be_an_ipv6_address() -> None:
    with started("serve", "--host", "::1", "--port", "0") as process:
        (url,) = listening(process)
        status, _ = get(url, "/health/live")
        outcome = ended(process, signal.SIGTERM)
    assert url.startswith("http://[::1]:")
    assert (status, outcome.status) == (200, 0)


def test_sigterm_lets_a_request_in_flight_finish() -> None:
    gate = threading.Event()
    with ImageHost() as host, ThreadPoolExecutor(1) as pool:
        target = "/predictions?top=5&url=" + quote(host.on("/slow.jpg", gated(gate, jpeg(1))), safe="")
        with started("serve", "--port", "0", "--allow-private-urls") as process:
            (url,) = listening(process)
            asked = pool.submit(get, url, target)
            wait_for_request(host, "/slow.jpg")
            process.send_signal(signal.SIGTERM)
            wait_until_refused(url)
            assert not asked.done()
            assert process.poll() is None
            gate.set()
            status, body = asked.result(SECONDS)
            outcome = ended(process)
    assert (status, len(body["predictions"])) == (200, 5)
    assert outcome.status == 0
    assert "Traceback" not in outcome.err


def test_a_second_signal_ends_it_at_once() -> None:
    with ImageHost() as host, ThreadPoolExecutor(1) as pool:
        target = "/predictions?url=" + quote(host.on("/never.jpg", silent), safe="")
        with started("serve", "--port", "0", "--allow-private-urls", image_tagger_fetch_seconds="55") as process:
            (url,) = listening(process)
            asked = pool.submit(get, url, target)
            wait_for_request(host, "/never.jpg")
            process.send_signal(signal.SIGTERM)
            wait_until_refused(url)
            begun = time.monotonic()
            outcome = ended(process, signal.SIGTERM)
            took = time.monotonic() - begun
            assert asked.exception(SECONDS) is not None
    assert outcome.status == 0
    assert took < 20


def test_patience_at_shutdown_has_an_end() -> None:
    with ImageHost() as host, ThreadPoolExecutor(1) as pool:
        target = "/predictions?url=" + quote(host.on("/never.jpg", silent), safe="")
        settings = {"image_tagger_fetch_seconds": "55", "image_tagger_shutdown_seconds": "1"}
        with started("serve", "--port", "0", "--allow-private-urls", **settings) as process:
            (url,) = listening(process)
            asked = pool.submit(get, url, target)
            wait_for_request(host, "/never.jpg")
            begun = time.monotonic()
            outcome = ended(process, signal.SIGTERM)
            took = time.monotonic() - begun
            asked.exception(SECONDS)
    assert outcome.status == 0
    assert 1 <= took < 20


def refused(*arguments: str, port: str = "") -> Outcome:
    outcome = run("serve", *arguments, port=port)
    assert (outcome.status, outcome.out) == (1, "")
    return outcome


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_database_that_cannot_be_one_keeps_it_from_starting(processes: str) -> None:
    wrong = "mysql://me:hush@host/name"
    outcome = run("serve", "--port", "0", image_tagger_database_url=wrong, image_tagger_processes=processes)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert outcome.err.startswith("image-tagger: the URL of the database must begin with postgresql://")


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = refused("--port", "0", "--port", str(port))
    assert outcome.err == f"image-tagger: cannot listen on 127.0.0.1 port {port}: Address already in use\n"


@pytest.mark.parametrize(
    ("arguments", "port", "reason"),
    [
        ((), "http", "PORT must be a number in 0..65535, not 'http'"),
        (("--port", "0", "--host", "ž..b"), "", "not an address of this machine"),
        (("--port", "0", "--model", "wrong"), "", "there is no model 'wrong'; there are: starter"),
    ],
)
def test_what_keeps_it_from_starting_is_one_line(arguments: tuple[str, ...], port: str, reason: str) -> None:
    outcome = refused(*arguments, port=port)
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith("image-tagger: ")
    assert reason in outcome.err
