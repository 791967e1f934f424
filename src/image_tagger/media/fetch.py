"""From a URL to its bytes: bounded in address, size, time and redirects."""

import asyncio
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.http_exceptions import HttpProcessingError

from image_tagger.domain.errors import InvalidRequest, MediaTooLarge, ShuttingDown
from image_tagger.media.addresses import check_ip, join_url, parse_url, unreachable

HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; ImageTagger/2)",  # many hosts answer 403 to anything not like a browser
    "Accept": "*/*",
    "Accept-Encoding": "identity",
}
CONNECTIONS = 256
CONNECTIONS_PER_HOST = 64  # a quarter, so that one slow host cannot take all
IDLE_SECONDS = 30  # an unused connection is kept this long
LOOKUP_THREADS = 16  # own threads: a name server that stays silent must not hold up other rooms' work
READ_BYTES = 256 * 1024  # read ahead per connection
PIECE = 64 * 1024  # bytes decompressed at a time
REDIRECTS = frozenset({301, 302, 303, 307, 308})
COMPRESSED = frozenset({"gzip", "x-gzip", "deflate"})

CLOSED = "the server is being stopped"

Resolve = Callable[[str], Sequence[str]]
T = TypeVar("T")


def system_addresses(host: str) -> list[str]:
    """The IP addresses the system's resolver gives for a name. Blocks. Raises OSError for an unknown name."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(where[0]) for *_, where in found]


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
        self._resolver = _CheckedResolver(resolve, allow_private=limits.allow_private)
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None
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

    async def _bounded(self, work: Callable[[aiohttp.ClientSession], Awaitable[T]]) -> T:
        if self._closed:
            raise ShuttingDown(CLOSED)
        session = self._session or self._open()
        try:
            async with asyncio.timeout(self._limits.seconds) as deadline:
                self._deadlines.add(deadline)
                try:
                    return await work(session)
                finally:
                    self._deadlines.discard(deadline)
        except (aiohttp.ClientError, HttpProcessingError, OSError, ValueError) as error:  # OSError: TimeoutError, too
            raise ShuttingDown(CLOSED) if self._closed else unreachable(_reason(error)) from error

    async def close(self) -> None:
        """Ends every connection; downloads under way fail with ShuttingDown."""
        self._closed = True
        for deadline in self._deadlines:
            if not deadline.expired():
                deadline.reschedule(0)  # long past: aiohttp alone would let some run on, and cancel the tasks of others
        await asyncio.sleep(0)
        if self._session:
            await self._session.close()
        await self._resolver.close()

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=self._resolver,
            socket_factory=self._open_socket,
            limit=CONNECTIONS,
            limit_per_host=CONNECTIONS_PER_HOST,
            keepalive_timeout=IDLE_SECONDS,
            ssl=self._tls or True,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(sock_connect=self._limits.connect_seconds),
            auto_decompress=False,  # done here, where the size is bounded
            read_bufsize=READ_BYTES,
            trust_env=False,
        )
        return self._session

    def _open_socket(self, where: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        """The last gate, passed by every connection: an IP address written in a URL never meets the resolver."""
        family, kind, protocol, _, (host, *_) = where
        check_ip(str(host), allow_private=self._limits.allow_private)
        return socket.socket(family, kind, protocol)

    async def _follow(self, session: aiohttp.ClientSession, address: str) -> bytes:
        for _ in range(self._limits.max_redirects + 1):
            async with session.get(parse_url(address), allow_redirects=False) as response:
                if response.status not in REDIRECTS:
                    return await self._receive(response)
                location = response.headers.get("Location")
            if not location:
                raise unreachable("it redirects to no URL")
            address = join_url(address, location)
        raise unreachable("too many redirects")

    async def _receive(self, response: aiohttp.ClientResponse) -> bytes:
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


class _CheckedResolver(AbstractResolver):
    """Hands aiohttp only the addresses it may connect to: what was checked is what is connected to."""

    def __init__(self, resolve: Resolve, *, allow_private: bool) -> None:
        self._resolve = resolve
        self._allow_private = allow_private
        self._threads = ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix="lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All addresses of a name. Raises UnreachableMedia if there is none, or if one is refused."""
        del family  # ours is always unspecified
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, self._resolve, host)
        except (OSError, UnicodeError) as error:  # UnicodeError: names that DNS cannot hold
            raise unreachable("unknown host") from error
        if not found:
            raise unreachable("unknown host")
        for address in found:
            check_ip(address, allow_private=self._allow_private)
        return [_result(host, address, port) for address in found]

    async def close(self) -> None:
        """Lets go of the threads; a lookup under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _result(name: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=name, host=address, port=port, family=family, proto=socket.IPPROTO_TCP, flags=numeric)


async def _send(session: aiohttp.ClientSession, address: str, body: bytes, headers: Mapping[str, str]) -> None:
    async with session.post(parse_url(address), data=body, headers=headers, allow_redirects=False) as response:
        if not 200 <= response.status < 300:
            raise unreachable(f"status {response.status}")


async def _read(content: aiohttp.StreamReader, limit: int) -> bytes:
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


def _reason(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "too slow"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return "no trusted connection"
        case aiohttp.ClientConnectorError():
            return "no connection"
        case _:
            return "a broken answer"
