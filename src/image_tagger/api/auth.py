"""API keys: where the settings ask for them, all under `/api/` and `/v1/` needs the header `X-API-Key`."""

import hmac
from typing import Any

import structlog
from fastapi import FastAPI, Security
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from image_tagger.settings import Settings

HEADER = "X-API-Key"
GUARDED = ("/api/", "/v1/")
REFUSAL = {"detail": "Invalid or missing API Key!"}
log = structlog.get_logger(__name__)


def guard(app: FastAPI, settings: Settings) -> None:
    """Refuse requests without a key, if the settings say so, before anything else of them is looked at.

    Add it before the middleware that changes paths, which then is around it.
    """
    if not settings.use_api_keys:
        return
    keys = keys_in(settings.api_keys)
    if not keys:
        log.error("API keys are required, but API_KEYS names none: all under /api/ and /v1/ is refused with 401")
    app.add_middleware(ApiKeys, keys=keys)


def documented(settings: Settings) -> list[Any]:
    """Dependencies of a route that tell the API pages about the key; they check nothing."""
    return [Security(APIKeyHeader(name=HEADER, auto_error=False))] if settings.use_api_keys else []


class ApiKeys:
    """ASGI middleware. Answers 401 unless a request under `GUARDED`, also below a prefix, has one of the keys."""

    def __init__(self, app: ASGIApp, keys: tuple[bytes, ...]) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or refuse it."""
        if _is_guarded(scope) and not is_one_of(Headers(scope=scope).get(HEADER, "").encode("latin-1"), self._keys):
            await JSONResponse(REFUSAL, status_code=401)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_guarded(scope: Scope) -> bool:
    if scope["type"] != "http":
        return False
    path = f"{scope['path']}/"
    below = path.removeprefix(scope.get("root_path", ""))  # what the router looks at, behind a prefix
    return path.startswith(GUARDED) or below.startswith(GUARDED)


def is_one_of(given: bytes, keys: tuple[bytes, ...]) -> bool:
    """Whether a key is one of the known ones."""
    given = given.strip(b" \t")  # of a header, where blanks around the value mean nothing
    # a list, not a generator: which of the keys it is must not show in the time it takes
    return any([hmac.compare_digest(given, key) for key in keys])  # noqa: C419 - see above


def keys_in(setting: SecretStr) -> tuple[bytes, ...]:
    """The keys that a setting names."""
    return tuple(key.strip().encode() for key in setting.get_secret_value().split(",") if key.strip())
