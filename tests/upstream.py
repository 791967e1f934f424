"""An image host on loopback, spoken in raw bytes so that it can misbehave in every way a real one does."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

Behaviour = Callable[[socket.socket], None]

REASONS = {200: "OK", 301: "Moved Permanently", 302: "Found", 307: "Temporary Redirect", 403: "Forbidden"}
LONGEST_WAIT = 30.0  # seconds after which a forgotten connection is given up, so that no test run hangs
BETWEEN_DRIPS = 0.1  # seconds


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came over the wire; names of headers in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]


def answer(
    body: bytes,
    *,
    status: int = 200,
    content_type: str = "image/jpeg",
    headers: tuple[str, ...] = (),
    promised: int | None = None,
) -> Behaviour:
    """A complete answer, unless `promised` (the Content-Length) is more than the body holds."""
    length = len(body) if promised is None else promised
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}", f"Content-Type: {content_type}"]
    lines += [*headers, f"Content-Length: {length}", "Connection: close"]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def redirect(location: str, *, status: int = 302) -> Behaviour:
    """The way to another address."""
    return answer(b"", status=status, headers=(f"Location: {location}",))


def raw(content: bytes) -> Behaviour:
    """Exactly these bytes, then the end of the connection; no bytes at all are possible."""

    def send(connection: socket.socket) -> None:
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)
        wait_for_the_end(connection)

    return send


def reset(connection: socket.socket) -> None:
    """A TCP reset: closing with a linger time of zero."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(connection: socket.socket) -> None:
    """Not a byte, until the client gives up."""
    wait_for_the_end(connection)


def drip(connection: socket.socket) -> None:
    """A byte now and then, so that no single read ever times out."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 100000\r\n\r\n")
    pause = threading.Event()
    for _ in range(int(LONGEST_WAIT / BETWEEN_DRIPS)):
        connection.sendall(b"\xff")
        pause.wait(BETWEEN_DRIPS)


def endless(connection: socket.socket) -> None:
    """A chunked body that goes on until the client leaves."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"4000\r\n" + b"\xff" * 0x4000 + b"\r\n")


def wait_for_the_end(connection: socket.socket) -> None:
    """Read on until the other side closes."""
    while connection.recv(65536):
        pass


class ImageHost:
    """Serves what tests put on its paths, one thread per connection; any other path is 404."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self._behaviours: dict[str, Behaviour] = {}
        self._connections: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # some systems refuse to shut a listening socket down
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in tuple(self._connections):
            with contextlib.suppress(OSError):  # the client was quicker
                connection.shutdown(socket.SHUT_RDWR)
        self._accepting.join(LONGEST_WAIT)

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def address(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def on(self, path: str, behaviour: Behaviour) -> str:
        """Put a behaviour on a path and return its URL."""
        self._behaviours[path] = behaviour
        return self.address + path

    def requests_to(self, path: str) -> list[Received]:
        """The requests that a path has got so far, whatever their query strings."""
        return [request for request in self.received if urlsplit(request.target).path == path]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed
                return
            self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):  # clients leave when they like
            connection.settimeout(LONGEST_WAIT)
            if head := _head(connection):
                request = _parsed(head)
                self.received.append(request)
                path = urlsplit(request.target).path
                self._behaviours.get(path, answer(b"not here", status=404, content_type="text/plain"))(connection)
        self._connections.discard(connection)


def _head(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(65536)
        if not more:
            return b""
        received += more
    return received.partition(b"\r\n\r\n")[0]


def _parsed(head: bytes) -> Received:
    first, *rest = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in rest)
    return Received(method, target, {name.lower(): value.strip() for name, _, value in pairs})
