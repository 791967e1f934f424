"""Connections to hosts of strangers: every address is checked at the moment it is connected to."""

import asyncio
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.http_exceptions import HttpProcessingError

from image_tagger.media.addresses import Resolve, check_ip, unreachable

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


class Connections:
    """Connections that are kept alive, `session` being the client over them. Belongs to the running event loop.

    `resolve` finds the addresses of a name; `tls` replaces the system's certificate authorities; `connect_seconds` is
    for each address tried, TLS included; with `allow_private` also into local networks.
    """

    failures = (aiohttp.ClientError, HttpProcessingError, OSError, ValueError)  # OSError: TimeoutError, too

    def __init__(
        self, resolve: Resolve, tls: ssl.SSLContext | None, *, connect_seconds: float, allow_private: bool
    ) -> None:
        self._allow_private = allow_private
        self._resolver = _CheckedResolver(resolve, allow_private=allow_private)
        connector = aiohttp.TCPConnector(
            resolver=self._resolver,
            socket_factory=self._open_socket,
            limit=CONNECTIONS,
            limit_per_host=CONNECTIONS_PER_HOST,
            keepalive_timeout=IDLE_SECONDS,
            ssl=tls or True,
        )
        self.session = aiohttp.ClientSession(
            connector=connector,
            headers=HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(sock_connect=connect_seconds),
            auto_decompress=False,  # done by who receives, where the size is bounded
            read_bufsize=READ_BYTES,
            trust_env=False,
        )

    async def close(self) -> None:
        """Ends every connection; a lookup under way ends by itself."""
        await self.session.close()
        await self._resolver.close()

    @staticmethod
    def reason(error: Exception) -> str:
        """What went wrong, in words for the one who asked; `error` is one of `failures`."""
        match error:
            case TimeoutError():
                return "too slow"
            case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
                return "no trusted connection"
            case aiohttp.ClientConnectorError():
                return "no connection"
            case _:
                return "a broken answer"

    def _open_socket(self, where: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        """The last gate, passed by every connection: an IP address written in a URL never meets the resolver."""
        family, kind, protocol, _, (host, *_) = where
        check_ip(str(host), allow_private=self._allow_private)
        return socket.socket(family, kind, protocol)


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
