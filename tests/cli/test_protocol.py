"""In which pieces answers leave."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from image_tagger.cli.protocol import Protocol

App = Callable[[Any, Any, Any], Awaitable[None]]
ASKED = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
BODY = b"dog"


class Line(asyncio.Transport):
    """The way to a client: keeps what goes out piece by piece, and None for its end."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 4000), "sockname": ("127.0.0.1", 80)})
        self.pieces: list[bytes | None] = []

    def write(self, data: Any) -> None:
        assert not self.is_closing()
        self.pieces.append(bytes(data))

    def is_closing(self) -> bool:
        return None in self.pieces

    def close(self) -> None:
        self.pieces.append(None)

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


def answering(gate: asyncio.Event, body: bytes = BODY) -> App:
    """Sends the head at once, and the body through the gate."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await gate.wait()
        await send({"type": "http.response.body", "body": body})

    return app


async def asked(app: App, request: bytes) -> tuple[Protocol, Line]:
    """A connection over which this was asked, as soon as nothing moves any more."""
    config = uvicorn.Config(app, lifespan="off", log_config=None, server_header=False, date_header=False)
    config.load()
    protocol, line = Protocol(config, ServerState(), {}), Line()
    protocol.connection_made(line)
    protocol.data_received(request)
    await quiet()
    return protocol, line


async def quiet() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
def gate() -> asyncio.Event:
    return asyncio.Event()


async def test_head_and_body_leave_together(gate: asyncio.Event) -> None:
    gate.set()
    _, line = await asked(answering(gate), ASKED)
    assert line.pieces == [b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ndog"]


async def test_one_answer_does_not_wait_for_the_next(gate: asyncio.Event) -> None:
    gate.set()
    protocol, line = await asked(answering(gate), ASKED)
    protocol.data_received(ASKED)
    await quiet()
    assert len(line.pieces) == 2
    assert line.pieces[0] == line.pieces[1]


async def test_a_head_does_not_wait_for_a_body_that_takes_its_time(gate: asyncio.Event) -> None:
    _, line = await asked(answering(gate), ASKED)
    assert line.pieces == [b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n"]
    gate.set()
    await quiet()
    assert line.pieces[1:] == [BODY]


async def test_a_head_without_a_body_leaves_too(gate: asyncio.Event) -> None:
    gate.set()
    _, line = await asked(answering(gate, b""), ASKED)
    assert line.pieces == [b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"]


async def test_all_is_sent_before_the_end(gate: asyncio.Event) -> None:
    gate.set()
    _, line = await asked(answering(gate, b""), b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert line.pieces == [b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", None]


async def test_nothing_is_sent_to_a_client_who_has_left(gate: asyncio.Event) -> None:
    protocol, line = await asked(answering(gate), b"")
    protocol.data_received(ASKED)
    await asyncio.sleep(0)  # the head is on its way
    line.close()
    protocol.connection_lost(None)
    gate.set()
    await quiet()
    assert set(line.pieces) == {None}
