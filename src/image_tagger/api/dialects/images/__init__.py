"""Search: `GET /v1/images?label=dog` finds pictures among what was recognised earlier."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from image_tagger.api import auth, dialect
from image_tagger.api.dialects.images.asked import WrongParameters, read_search_of
from image_tagger.api.dialects.images.description import ANSWERS, PARAMETERS
from image_tagger.domain.errors import InvalidRequest, Overloaded, StoreUnavailable, TaggerError
from image_tagger.domain.finding import InvalidSearch
from image_tagger.domain.results import FoundPicture
from image_tagger.models.labels import standard_taxonomy
from image_tagger.services import Services

STATUSES = (  # the first row whose class fits
    (WrongParameters, 422),
    (InvalidRequest, 400),
    (Overloaded, 503),
    (StoreUnavailable, 503),
    (TaggerError, 500),
)


def routes(services: Services) -> APIRouter:
    """The routes of this dialect."""
    router = dialect.router(render_error, tag="Search")

    @router.get(
        "/v1/images",
        summary="Find pictures by what is on them",
        response_class=JSONResponse,
        responses=ANSWERS,
        openapi_extra={"parameters": PARAMETERS},
        dependencies=auth.documented(services.settings),
    )
    async def images(request: Request) -> Response:
        """Answer a page of pictures that were recognised earlier, in the order in which they were first recorded."""
        search = read_search_of(request.query_params)
        found = await services.results.search(search, _expand)
        following = found[-1].id if len(found) == search.limit else None
        return JSONResponse({"images": [_wire(one) for one in found], "next": following})

    return router


def render_error(error: TaggerError) -> Response:
    """An error in this dialect's words."""
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    position = {"position": error.position} if isinstance(error, InvalidSearch) else {}
    body = {"type": type(error).__name__, "detail": str(error), **position}
    return JSONResponse({"error": body}, status_code=status)


def _expand(*asked: Any) -> frozenset[str]:
    return standard_taxonomy().expand(*asked)  # read in the thread that searches, not at start


def _wire(found: FoundPicture) -> dict[str, Any]:
    scores = [{"label": one.label, "score": one.score, "model": one.model} for one in found.labels]
    return {"id": found.id, "image": found.key, "labels": scores}
