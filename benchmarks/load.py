"""The clients: bytes over kept-alive connections, so that next to nothing of the time is theirs."""

import asyncio
import re
import socket
import time
from dataclasses import dataclass, field
from typing import Self, cast
from urllib.parse import quote

from benchmarks import loops

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
HEADER_END = b"\r\n\r\n"
PIECE = 65536


class RequestFailed(Exception):
    """An answer was not 200, so its time counts for nothing."""


@dataclass(frozen=True, slots=True)
class Target:
    """A port of this machine and the requests to send to it, in turn."""

    port: int
    requests: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Load:
    """What was answered: seconds of every request, of the whole, and of the clients' processor time."""

    latencies: list[float]
    seconds: float
    processor_seconds: float

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds


def predictions_of(port: int, image_port: int, names: list[str]) -> Target:
    """Requests for `/predictions` of the host's pictures."""
    urls = [quote(f"http://127.0.0.1:{image_port}/{name}", safe="") for name in names]
    lines = [f"GET /predictions?url={url} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n" for url in urls]
    return Target(port, tuple(line.encode() for line in lines))


def one_at_a_time(target: Target, count: int) -> Load:
    """One blocking connection, one request after the other. Raises RequestFailed."""
    latencies, started, used = [], time.perf_counter(), time.process_time()
    with socket.create_connection(("127.0.0.1", target.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(count):
            sent = time.perf_counter()
            connection.sendall(target.requests[number % len(target.requests)])
            _receive(connection)
            latencies.append(time.perf_counter() - sent)
    return Load(latencies, time.perf_counter() - started, time.process_time() - used)


def many_at_a_time(target: Target, clients: int, seconds: float) -> Load:
    """So many connections, each asking again as soon as it is answered. Raises RequestFailed."""
    return loops.run(_many(target, clients, seconds))


def _receive(connection: socket.socket) -> None:
    received = b""
    while not _complete(received):
        piece = connection.recv(PIECE)
        if not piece:
            raise RequestFailed("the server hung up")
        received += piece


def _complete(received: bytes) -> bool:
    """Whether this is a whole answer. Raises RequestFailed where it is none with status 200."""
    header, end, body = received.partition(HEADER_END)
    if not end:
        return False
    length = LENGTH.search(header)
    if not header.startswith(b"HTTP/1.1 200 ") or length is None:
        raise RequestFailed(received.decode(errors="replace"))
    return len(body) >= int(length[1])


async def _many(target: Target, clients: int, seconds: float) -> Load:
    loop = asyncio.get_running_loop()
    started, used = time.perf_counter(), time.process_time()
    crowd = [_Client(target, first, loop.create_future(), started + seconds) for first in range(clients)]
    for client in crowd:
        await loop.create_connection(client.itself, "127.0.0.1", target.port)
    await asyncio.gather(*(client.done for client in crowd))
    latencies = [latency for client in crowd for latency in client.latencies]
    return Load(latencies, time.perf_counter() - started, time.process_time() - used)


@dataclass(slots=True)
class _Client(asyncio.Protocol):
    target: Target
    turn: int
    done: asyncio.Future[None]
    until: float
    latencies: list[float] = field(default_factory=list)
    received: bytes = b""
    sent: float = 0.0
    transport: asyncio.Transport = field(init=False)

    def itself(self) -> Self:
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # TCP is a stream; uvloop has classes of its own
        self._ask()

    def data_received(self, data: bytes) -> None:
        self.received += data
        try:
            if not _complete(self.received):
                return
        except RequestFailed as error:
            self._end(error)
            return
        now = time.perf_counter()
        self.latencies.append(now - self.sent)
        self.received = b""
        self._ask() if now < self.until else self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(RequestFailed(f"the connection ended: {exc}"))

    def _ask(self) -> None:
        self.sent = time.perf_counter()
        self.transport.write(self.target.requests[self.turn % len(self.target.requests)])
        self.turn += 1

    def _end(self, error: RequestFailed | None) -> None:
        self.transport.close()
        if not self.done.done():
            self.done.set_exception(error) if error else self.done.set_result(None)
