"""Hosts on loopback that say exactly what a test wants, politely or not, and fetchers that are closed."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from image_tagger.media.addresses import Resolve, system_addresses
from image_tagger.media.fetch import Fetcher, FetchLimits

PHOTO = bytes(range(256)) * 200
LIMITS = FetchLimits(seconds=5, connect_seconds=2, max_redirects=3, max_bytes=100_000, allow_private=True)
QUICK = replace(LIMITS, seconds=0.3)
MOMENT = 3.0  # seconds a download with QUICK limits may take at most, on a busy machine

Act = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Host:
    """A raw server: each path has its bytes, or an act on the connection. Remembers what it was sent."""

    def __init__(self, pages: dict[str, bytes | Act]) -> None:
        self.pages = pages
        self._writers: list[asyncio.StreamWriter] = []
        self.requests: list[bytes] = []
        self.asked = asyncio.Semaphore(0)  # one for each request that has come
        self.left = asyncio.Event()  # a client closed its connection
        self.port = 0

    @property
    def connections(self) -> int:
        return len(self._writers)

    def url(self, target: str = "/", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{target}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            while True:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                self.asked.release()
                page = self.pages[self.requests[-1].split()[1].decode()]
                if isinstance(page, bytes):
                    writer.write(page)
                else:
                    await page(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.left.set()
        finally:
            writer.close()

    def close(self) -> None:
        for writer in self._writers:
            writer.close()


@asynccontextmanager
async def hosting(
    page: bytes | Act = b"", tls: ssl.SSLContext | None = None, **pages: bytes | Act
) -> AsyncIterator[Host]:
    host = Host({"/": page} | {f"/{name}": page for name, page in pages.items()})
    server = await asyncio.start_server(host.serve, "127.0.0.1", 0, ssl=tls)
    host.port = server.sockets[0].getsockname()[1]
    async with server:
        yield host
        host.close()
        await asyncio.sleep(0)


@asynccontextmanager
async def fetching(
    limits: FetchLimits = LIMITS, resolve: Resolve = system_addresses, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Fetcher]:
    fetcher = Fetcher(limits, resolve, tls)
    try:
        yield fetcher
    finally:
        await fetcher.close()


async def fetch(address: str, limits: FetchLimits = LIMITS, **ports: Any) -> bytes:
    async with fetching(limits, **ports) as fetcher:
        return await fetcher.fetch(address)


def page(body: bytes = PHOTO, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def to(location: str, status: str = "302 Found") -> bytes:
    return page(b"", f"Location: {location}", status=status)


def then_close(answer: bytes) -> Act:
    async def act(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        raise ConnectionError

    return act


async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.readexactly(1)


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    raise ConnectionError


async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)
    raise ConnectionError


def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
