"""The product as a real server: uvicorn in a thread on a free port, and clients that watch what it gives away."""

import http.client
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

from image_tagger.api.app import create_app
from image_tagger.settings import Settings

SECRETS = ("Traceback", "/src/", "site-packages", str(Path(tempfile.gettempdir())) + "/")
START_SECONDS = 60.0
STOP_SECONDS = 30.0
ANSWER_SECONDS = 30.0


class ServerDidNotStartError(Exception):
    """The application refused to start."""


class AnnouncingServer(uvicorn.Server):
    """A uvicorn server that says when it has started, or given up."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(uvicorn.Config(app, log_config=None, ws="none", lifespan="on", timeout_graceful_shutdown=10))
        self.settled = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.settled.set()

    def run_in_thread(self, sockets: list[socket.socket]) -> None:
        try:
            self.run(sockets)
        except SystemExit:  # uvicorn's word for a failed start; `started` tells it to the fixture
            return
        finally:
            self.settled.set()


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    port: int

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    def raw_get(self, target: str) -> tuple[int, str]:
        """Status and text of a GET whose target goes over the wire byte for byte."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)) as connection:
            connection.putrequest("GET", target)
            connection.endheaders()
            response = connection.getresponse()
            text = response.read().decode()
        assert_gives_nothing_away(text)
        return response.status, text


@contextmanager
def serving(settings: Settings) -> Iterator[Address]:
    """A running server. Raises ServerDidNotStartError when its application fails to start."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = AnnouncingServer(create_app(settings))
        thread = threading.Thread(target=server.run_in_thread, args=([listener],))
        thread.start()
        try:
            server.settled.wait(START_SECONDS)
            if not server.started:
                raise ServerDidNotStartError
            yield Address(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS)


def open_client(address: Address) -> httpx.Client:
    """A client that fails the test when an answer gives away anything about the machine behind it."""
    return httpx.Client(
        base_url=address.url, timeout=ANSWER_SECONDS, trust_env=False, event_hooks={"response": [_inspect]}
    )


def assert_gives_nothing_away(text: str) -> None:
    """No stack, no source and no path of the machine in what a client sees."""
    assert [secret for secret in SECRETS if secret in text] == []


def _inspect(response: httpx.Response) -> None:
    response.read()
    assert_gives_nothing_away(response.text)
