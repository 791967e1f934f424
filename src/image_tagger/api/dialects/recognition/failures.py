"""What can go wrong with a request of this dialect, and the status and JSON that say so."""

from fastapi import Response
from fastapi.responses import JSONResponse

from image_tagger.domain.errors import (
    InvalidMedia,
    InvalidModel,
    InvalidRequest,
    MissingExtra,
    ModelUnavailable,
    Overloaded,
    RemovedResource,
    RequestTooLarge,
    StoreUnavailable,
    TaggerError,
    UnknownModel,
    UnknownResource,
    UnreachableMedia,
)


class Unauthorized(TaggerError):
    """The request has no key, or one that nobody knows."""


class Forbidden(TaggerError):
    """The key is good, but not for this."""


class MethodNotAllowed(TaggerError):
    """The path exists, but not for this method; `allowed` are those it exists for."""

    def __init__(self, allowed: tuple[str, ...], path: str) -> None:
        super().__init__(f"{path[:200]} takes {' and '.join(allowed)} only")
        self.allowed = allowed


class UnsupportedBody(InvalidRequest):
    """The body is neither JSON nor multipart."""


STATUS = (  # the first row whose class fits
    (Unauthorized, 401),
    (Forbidden, 403),
    (RemovedResource, 410),
    (UnknownResource, 404),
    (UnknownModel, 404),
    (MethodNotAllowed, 405),
    (RequestTooLarge, 413),
    (UnsupportedBody, 415),
    (InvalidRequest, 400),
    (InvalidMedia, 400),
    (UnreachableMedia, 400),
    (InvalidModel, 400),
    (Overloaded, 503),  # never 429, which the client does not retry
    (ModelUnavailable, 503),
    (MissingExtra, 503),
    (StoreUnavailable, 503),
    (TaggerError, 500),
)


def render_error(error: TaggerError) -> Response:
    """`error` says why; `detail` is the same for 401, 403 and 404, where clients of sister services look for it."""
    status = next(row[1] for row in STATUS if isinstance(error, row[0]))
    text = "there is no such public model" if isinstance(error, UnknownModel) else str(error)
    body = {"error": text, **({"detail": text} if status in {401, 403, 404} else {})}
    response = JSONResponse(body, status_code=status)
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(error.allowed)
    return response
