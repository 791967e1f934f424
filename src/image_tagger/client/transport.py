"""How requests travel: what both clients hand to the HTTP library, and what its answers and failures become."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import httpx2

from image_tagger.client.patience import NotConnected
from image_tagger.client.talking import Answer, Ask
from image_tagger.domain.errors import InvalidRequest, ServerUnavailable, TaggerError

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = frozenset("0123456789")
FAILURES = (httpx2.RequestError, OSError)  # the latter of the files that are sent
RETRY_SECONDS = 1.0  # where a busy server names a date instead of seconds
LONGEST_RETRY = 365 * 24 * 3600.0
PIECE = 1024 * 1024  # bytes of a body that are read at a time, in a thread


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server is. seconds: the longest that it may be silent in an answer. patience: to a busy server."""

    url: str
    api_key: str = ""
    seconds: float = 60.0
    patience: float = 30.0

    def __post_init__(self) -> None:
        if not _is_address(self.url):
            raise InvalidRequest("the server's URL begins with http:// or https:// and names a host")
        if not (self.api_key.isascii() and self.api_key.isprintable()):
            raise InvalidRequest("the API key has characters that no header can have")

    def options(self) -> dict[str, Any]:
        """For both clients of the HTTP library."""
        return {
            "base_url": self.url,
            "headers": {"X-API-Key": self.api_key} if self.api_key else {},
            "timeout": httpx2.Timeout(self.seconds, connect=min(CONNECT_SECONDS, self.seconds)),
            "trust_env": not self._is_here,  # a proxy of the environment is no way to this machine
        }

    @property
    def _is_here(self) -> bool:
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        httpx2.URL(url).raw_host.decode("ascii").encode("idna")  # as the system does that looks for the host
    except (ValueError, httpx2.InvalidURL):
        return False
    return known


def blocking(server: Server) -> httpx2.Client:
    """What waits for answers."""
    return httpx2.Client(**server.options())


def awaiting(server: Server) -> httpx2.AsyncClient:
    """What is awaited."""
    return httpx2.AsyncClient(**server.options())


def request(http: httpx2.Client | httpx2.AsyncClient, ask: Ask, opened: ExitStack) -> httpx2.Request:
    """A request as the HTTP library sends it; files stay open as long as `opened`. Blocks. Raises InvalidRequest."""
    try:
        built = http.build_request(**_wire(ask, opened))
    except (TypeError, ValueError, httpx2.InvalidURL) as error:
        raise InvalidRequest("the request has values that cannot be written") from error
    if isinstance(http, httpx2.AsyncClient) and ask.parts:
        built.stream = _ReadInThreads(cast("Iterable[bytes]", built.stream))
    return built


class _ReadInThreads(httpx2.AsyncByteStream):
    """A body whose files the event loop does not wait for."""

    def __init__(self, body: Iterable[bytes]) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = iter(self._body)
        while piece := await asyncio.to_thread(_some_of, pieces):
            yield piece


def _some_of(pieces: Iterator[bytes]) -> bytes:
    found = bytearray()
    for piece in pieces:
        found += piece
        if len(found) >= PIECE:
            break
    return bytes(found)


def _wire(ask: Ask, opened: ExitStack) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    if ask.parts:
        parts["data"] = {part.name: part.content for part in ask.parts if isinstance(part.content, str)}
        parts["files"] = [
            (part.name, (part.filename, _content(part.content, opened)))
            for part in ask.parts
            if not isinstance(part.content, str)
        ]
    if ask.body is not None:
        parts["json"] = ask.body
    return {"method": ask.method, "url": ask.path, "params": list(ask.query) or None, **parts}


def heard(response: httpx2.Response) -> Answer:
    """An answer whose body has been read."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        body = None
    return Answer(response.status_code, body, _seconds(response.headers.get("Retry-After")))


def _seconds(retry_after: str | None) -> float | None:
    if retry_after is None:
        return None
    if not retry_after or not WHOLE_SECONDS.issuperset(retry_after):
        return RETRY_SECONDS
    return min(float(retry_after), LONGEST_RETRY)


def failure(error: Exception) -> TaggerError:
    """What went wrong on the way."""
    if isinstance(error, OSError):
        return InvalidRequest(f"a file cannot be read: {error.strerror}")
    if isinstance(error, httpx2.DecodingError):
        return ServerUnavailable("the server's answer cannot be read")
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
        return NotConnected("the server cannot be reached")
    if isinstance(error, httpx2.TimeoutException):
        return ServerUnavailable("the server does not answer in time")
    return ServerUnavailable("the connection to the server broke")


def _content(content: Any, opened: ExitStack) -> Any:
    if isinstance(content, bytes):
        return content
    try:
        return opened.enter_context(content.open("rb"))
    except OSError as error:
        raise InvalidRequest(f"{content.name} cannot be read: {error.strerror}") from error
