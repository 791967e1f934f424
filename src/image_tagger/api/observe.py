"""Around every request: an id, one log line, one count."""

import re
import time
from random import getrandbits

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from image_tagger.api.metrics import Metrics

ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")  # what is taken over from a client; anything else could forge log lines
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
log = structlog.get_logger("image_tagger.requests")


class Observe:
    """ASGI middleware. The id comes from the client's `X-Request-ID` or is made here, and goes back with the answer."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request and note it."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request_id, started, status = _request_id(scope), time.perf_counter(), 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
            await send(message)

        self._metrics.asked()
        structlog.contextvars.bind_contextvars(request_id=request_id.decode())
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            self._note(scope, status, time.perf_counter() - started)
            structlog.contextvars.clear_contextvars()
        return None

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        self._metrics.answered(method, route, status, seconds)
        log.info("request", method=method, path=scope["path"], status=status, milliseconds=round(seconds * 1000, 2))


def _request_id(scope: Scope) -> bytes:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given if ID.fullmatch(given) else b"%032x" % getrandbits(128)
