"""How requests travel: what both clients hand to the HTTP library, and what its answers and failures become."""

import ipaddress
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2

from image_tagger.client.patience import NotConnected
from image_tagger.client.talking import Answer, Ask
from image_tagger.domain.errors import InvalidRequest, ServerUnavailable

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = frozenset("0123456789")
FAILURES = (httpx2.TransportError,)
RETRY_SECONDS = 1.0  # where a busy server names a date instead of seconds


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server is. seconds: the longest that it may be silent in an answer. patience: to a busy server."""

    url: str
    api_key: str = ""
    seconds: float = 60.0
    patience: float = 30.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InvalidRequest("the server's URL begins with http:// or https:// and names a host")

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


def blocking(server: Server) -> httpx2.Client:
    """What waits for answers."""
    return httpx2.Client(**server.options())


def awaiting(server: Server) -> httpx2.AsyncClient:
    """What is awaited."""
    return httpx2.AsyncClient(**server.options())


def wire(ask: Ask, opened: ExitStack) -> dict[str, Any]:
    """A request as the HTTP library takes it; files stay open as long as `opened`. Raises InvalidRequest."""
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
    given = response.headers.get("Retry-After")
    retry_after = (
        None if given is None else float(given) if WHOLE_SECONDS.issuperset(given) and given else RETRY_SECONDS
    )
    try:
        body = response.json()
    except ValueError:
        body = None
    return Answer(response.status_code, body, retry_after)


def failure(error: Exception) -> ServerUnavailable:
    """What went wrong on the way."""
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
