"""A web server that sends files from memory: `python -m benchmarks.image_host FOLDER` prints its port and serves."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import cast

from benchmarks import loops

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
HEADER_END = b"\r\n\r\n"


def answers(folder: Path) -> dict[bytes, bytes]:
    """Every file's path, and all the bytes that answer a request for it."""
    return {f"/{file.name}".encode(): _answer(file.read_bytes()) for file in folder.iterdir()}


def _answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


class Host(asyncio.Protocol):
    """One connection, kept alive. Reads no more of a request than it has to."""

    def __init__(self, known: dict[bytes, bytes]) -> None:
        self._known = known
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # TCP is a stream; uvloop has classes of its own

    def data_received(self, data: bytes) -> None:
        self._received += data
        while HEADER_END in self._received:
            request, _, self._received = self._received.partition(HEADER_END)
            self._transport.write(self._known.get(request.split(b" ", 2)[1], NOT_FOUND))


async def serve(folder: Path) -> None:
    """Serve until SIGTERM."""
    known, loop, stopped = answers(folder), asyncio.get_running_loop(), asyncio.Event()
    listening = await loop.create_server(lambda: Host(known), "127.0.0.1", 0)
    if sys.platform != "win32":
        loop.add_signal_handler(signal.SIGTERM, stopped.set)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await stopped.wait()


if __name__ == "__main__":
    loops.run(serve(Path(sys.argv[1])))
