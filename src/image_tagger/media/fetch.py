"""From a URL to its bytes: bounded in address, size, time and redirects."""

import asyncio
import ssl
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from image_tagger.domain.errors import InvalidRequest, MediaTooLarge, ShuttingDown
from image_tagger.media.addresses import Resolve, join_url, parse_url, system_addresses, unreachable

if TYPE_CHECKING:  # loaded with the first download: it takes longer than all else of this package
    import aiohttp

    from image_tagger.media.connections import Connections

REDIRECTS = frozenset({301, 302, 303, 307, 308})
COMPRESSED = frozenset({"gzip", "x-gzip", "deflate"})
PIECE = 64 * 1024  # bytes decompressed at a time

CLOSED = "the server is being stopped"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How long, how far and how much one download may go; with `allow_private` also into local networks."""

    seconds: float  # in all, redirects included
    connect_seconds: float  # per address tried, TLS included
    max_redirects: int
    max_bytes: int
    allow_private: bool = False

    def __post_init__(self) -> None:
        if not (self.seconds > 0 and self.connect_seconds > 0 and self.max_redirects >= 0 and self.max_bytes > 0):
            raise InvalidRequest("a download needs time, a size above 0 and no negative number of redirects")


class Fetcher:
    """Downloads from anywhere that is allowed, over connections kept alive. Belongs to the event loop of its first use.

    `resolve` finds the addresses of a name; `tls` replaces the system's certificate authorities.
    """

    def __init__(
        self, limits: FetchLimits, resolve: Resolve = system_addresses, tls: ssl.SSLContext | None = None
    ) -> None:
        self._limits = limits
        self._resolve = resolve
        self._tls = tls
        self._connections: Connections | None = None
        self._deadlines: set[asyncio.Timeout] = set()
        self._closed = False

    async def fetch(self, address: str) -> bytes:
        """The bytes at this URL, whatever they are called; at most `max_bytes` of them, possibly none.

        Raises UnreachableMedia (refused, not found, too slow, cut short, ...), MediaTooLarge, ShuttingDown.
        """
        return await self._bounded(lambda session: self._follow(session, address))

    async def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Send a body to this URL; redirects are not followed, and of the answer only the status counts.

        Raises UnreachableMedia, also for a status other than 2xx, and ShuttingDown.
        """
        await self._bounded(lambda session: _send(session, address, body, headers))

    async def _bounded(self, work: "Callable[[aiohttp.ClientSession], Awaitable[T]]") -> T:
        if self._closed:
            raise ShuttingDown(CLOSED)
        connections = self._connections or self._open()
        try:
            async with asyncio.timeout(self._limits.seconds) as deadline:
                self._deadlines.add(deadline)
                try:
                    return await work(connections.session)
                finally:
                    self._deadlines.discard(deadline)
        except connections.failures as error:
            raise ShuttingDown(CLOSED) if self._closed else unreachable(connections.reason(error)) from error

    async def close(self) -> None:
        """Ends every connection; downloads under way fail with ShuttingDown."""
        self._closed = True
        for deadline in self._deadlines:
            if not deadline.expired():
                deadline.reschedule(0)  # long past: aiohttp alone would let some run on, and cancel the tasks of others
        await asyncio.sleep(0)
        if self._connections:
            await self._connections.close()

    @staticmethod
    def prepare() -> None:
        """Load what the first download would have to wait for. Blocks."""
        from image_tagger.media import connections  # noqa: F401, PLC0415 - to have it loaded

    def _open(self) -> "Connections":
        from image_tagger.media.connections import Connections  # noqa: PLC0415 - loaded when something is downloaded

        limits = self._limits
        self._connections = Connections(
            self._resolve, self._tls, connect_seconds=limits.connect_seconds, allow_private=limits.allow_private
        )
        return self._connections

    async def _follow(self, session: "aiohttp.ClientSession", address: str) -> bytes:
        for _ in range(self._limits.max_redirects + 1):
            async with session.get(parse_url(address), allow_redirects=False) as response:
                if response.status not in REDIRECTS:
                    return await self._receive(response)
                location = response.headers.get("Location")
            if not location:
                raise unreachable("it redirects to no URL")
            address = join_url(address, location)
        raise unreachable("too many redirects")

    async def _receive(self, response: "aiohttp.ClientResponse") -> bytes:
        if not 200 <= response.status < 300:
            raise unreachable(f"status {response.status}")
        limit = self._limits.max_bytes
        if (response.content_length or 0) > limit:
            raise _too_large(limit)
        body = await _read(response.content, limit)
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding in COMPRESSED and body:
            return await asyncio.to_thread(_inflate, body, limit, raw=encoding == "deflate" and body[0] & 15 != 8)
        return body  # under any other encoding as it came: what no decoder knows is no picture


async def _send(session: "aiohttp.ClientSession", address: str, body: bytes, headers: Mapping[str, str]) -> None:
    async with session.post(parse_url(address), data=body, headers=headers, allow_redirects=False) as response:
        if not 200 <= response.status < 300:
            raise unreachable(f"status {response.status}")


async def _read(content: "aiohttp.StreamReader", limit: int) -> bytes:
    chunks, size = [], 0
    while chunk := await content.readany():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def _inflate(body: bytes, limit: int, *, raw: bool) -> bytes:
    """The content of a compressed body. A bomb is left as soon as it has passed the limit."""
    chunks, size = [], 0
    try:
        for chunk in _inflated(body, -zlib.MAX_WBITS if raw else zlib.MAX_WBITS | 32):  # 32: gzip or zlib, as it begins
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            chunks.append(chunk)
    except (zlib.error, EOFError) as error:
        raise unreachable("a broken answer") from error
    return b"".join(chunks)


def _inflated(body: bytes, window: int) -> Iterator[bytes]:
    """Pieces of at most PIECE bytes. What follows the end of the compressed data is ignored.

    Raises EOFError if the end is missing, zlib.error if the data is damaged.
    """
    inflater = zlib.decompressobj(window)
    for start in range(0, len(body), PIECE):  # in slices: each call copies what it has not used
        waiting = body[start : start + PIECE]
        while not inflater.eof and (chunk := inflater.decompress(waiting, PIECE)):
            yield chunk
            waiting = inflater.unconsumed_tail
    if not inflater.eof:
        raise EOFError


def _too_large(limit: int) -> MediaTooLarge:
    return MediaTooLarge(f"the file is larger than {limit} bytes")
