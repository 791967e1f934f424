"""What can go wrong with a moderation request, and how its clients are told."""

from fastapi import Response
from fastapi.responses import JSONResponse

from image_tagger.api.dialects.moderation.parameters import ValidationFailed
from image_tagger.domain.errors import (
    InvalidMedia,
    InvalidModel,
    InvalidRequest,
    MissingExtra,
    ModelUnavailable,
    Overloaded,
    RequestTooLarge,
    StoreUnavailable,
    TaggerError,
    UnknownModel,
)

NO_IMAGE = "The uploaded file is not a valid image."
NO_VIDEO = "file is not a video"
NO_MODEL = "There is no model of this name; models are named owner/name."
STATUS = (  # the first row whose class fits
    (RequestTooLarge, 413),
    (InvalidRequest, 400),
    (InvalidModel, 400),
    (Overloaded, 503),
    (ModelUnavailable, 503),
    (MissingExtra, 503),
    (StoreUnavailable, 503),
    (TaggerError, 500),
)


class NotAVideo(TaggerError):
    """The upload is something else, or nothing that can be opened; an ordinary answer for the clients."""


class UnusableVideo(TaggerError):
    """The upload is a video that is too large or damaged."""


def render_error(error: TaggerError) -> Response:
    """An error in this dialect's words."""
    if isinstance(error, ValidationFailed):
        return JSONResponse({"detail": error.violations}, status_code=422)
    if isinstance(error, NotAVideo):
        return JSONResponse({"error": NO_VIDEO})
    if isinstance(error, InvalidMedia):
        return _unusable(NO_IMAGE, error)
    if isinstance(error, UnusableVideo):
        return _unusable(f"The uploaded video cannot be used: {error}.", error)
    if isinstance(error, UnknownModel):  # which models there are is not for everyone
        return JSONResponse({"detail": NO_MODEL}, status_code=404)
    status = next(row[1] for row in STATUS if isinstance(error, row[0]))
    return JSONResponse({"detail": str(error)}, status_code=status)


def _unusable(detail: str, error: TaggerError) -> Response:
    # clients of the original look for its `status_code` or `error`, which came with HTTP 200
    body = {"status_code": 400, "detail": detail, "headers": None, "error": str(error)}
    return JSONResponse(body, status_code=400)
