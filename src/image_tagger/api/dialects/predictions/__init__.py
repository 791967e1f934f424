"""Image Tagger v1: `GET /predictions?url=&top=&minconf=` names what is on the picture at a URL."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from image_tagger.api import dialect
from image_tagger.api.dialects.predictions.description import ANSWERS, PARAMETERS
from image_tagger.api.dialects.predictions.parameters import ValidationFailed, read_parameters
from image_tagger.domain.errors import InvalidMedia, ModelUnavailable, Overloaded, TaggerError, UnreachableMedia
from image_tagger.domain.labels import keras
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.queries import Query, Url
from image_tagger.services import Services

PLACE = 0  # among the dialects
ERRORS = (  # the first row whose class fits: status, type, text (None: the error's own)
    (UnreachableMedia, 404, "UnreachableURL", "Url cannot be reached."),
    (InvalidMedia, 400, "InvalidImage", "Url is not pointing to a valid image format."),
    (Overloaded, 503, "Overloaded", None),
    (ModelUnavailable, 503, "ModelUnavailable", None),
    (TaggerError, 500, "InternalError", "The image could not be tagged."),
)


def routes(services: Services) -> APIRouter:
    """The routes of this dialect."""
    router = dialect.router(render_error, tag="Image Tagger v1")

    @router.get(
        "/predictions",
        summary="Tag the picture at a URL",
        response_class=JSONResponse,
        responses=ANSWERS,
        openapi_extra={"parameters": PARAMETERS},
    )
    async def predictions(request: Request) -> Response:
        """Download the picture and answer its labels, the most probable first.

        Without `top` and `minconf`: the best label. With `minconf` alone: every label at least that probable.
        """
        wanted = read_parameters(request.query_params)
        frame = await services.recognizer.first(Query(Url(wanted.url.strip()), selection=wanted.selection))
        return JSONResponse({"url": wanted.url, "predictions": [_wire(p) for p in frame.predictions]})

    return router


def render_error(error: TaggerError) -> Response:
    """An error in this dialect's words."""
    if isinstance(error, ValidationFailed):
        return _error(422, "ValidationError", [violation.wire() for violation in error.violations])
    status, kind, text = next(row[1:] for row in ERRORS if isinstance(error, row[0]))
    return _error(status, kind, text or str(error))


def _error(status: int, kind: str, detail: object) -> Response:
    return JSONResponse({"error": {"type": kind, "detail": detail}}, status_code=status)


def _wire(prediction: Prediction) -> dict[str, object]:
    return {"label": keras(prediction.label), "confidence": prediction.score}
