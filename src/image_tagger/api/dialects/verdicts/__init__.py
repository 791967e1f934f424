"""Verdicts: `POST /api/moderation` judges a picture or film by a policy."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from image_tagger.api import auth, dialect
from image_tagger.api.dialects.verdicts.asked import default_policy, media_of, policy_of
from image_tagger.api.dialects.verdicts.description import ANSWERS, BODY, PARAMETERS
from image_tagger.api.leaving import while_client_waits
from image_tagger.api.uploads import Uploads
from image_tagger.domain.errors import (
    InvalidMedia,
    InvalidModel,
    InvalidRequest,
    MediaTooLarge,
    MissingExtra,
    ModelUnavailable,
    Overloaded,
    RequestTooLarge,
    StoreUnavailable,
    TaggerError,
    UnknownModel,
)
from image_tagger.domain.policy import Policy
from image_tagger.domain.queries import Media
from image_tagger.domain.verdicts import Verdict, as_json
from image_tagger.services import Services

PLACE = 3  # among the dialects
STATUSES = (  # the first row whose class fits
    (RequestTooLarge, 413),
    (MediaTooLarge, 413),
    (InvalidMedia, 400),
    (InvalidRequest, 422),
    (InvalidModel, 422),
    (UnknownModel, 404),
    (ModelUnavailable, 503),
    (MissingExtra, 503),
    (Overloaded, 503),
    (StoreUnavailable, 503),
    (TaggerError, 500),
)


def routes(services: Services) -> APIRouter:
    """The routes of this dialect. Raises InvalidRequest where the settings' policy is none."""
    uploads = Uploads(services)
    default = default_policy(services.settings)
    router = dialect.router(render_error, tag="Verdicts")

    @router.post(
        "/api/moderation",
        summary="Judge a picture or film",
        response_class=JSONResponse,
        responses=ANSWERS,
        openapi_extra={"parameters": PARAMETERS, **BODY},
        dependencies=auth.documented(services.settings),
    )
    async def moderation(request: Request) -> Response:
        """Answer `allow`, `review` or `block`, with the labels that made it so and from when to when they are there.

        The policy is the one that is sent, else the server's.
        """
        async with uploads.read(request) as form:
            policy = await policy_of(form, request.query_params, default)
            verdict = await while_client_waits(request, _verdict(services, media_of(form), policy))
        return JSONResponse(as_json(verdict))

    return router


def render_error(error: TaggerError) -> Response:
    """An error in this dialect's words."""
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    detail = error.discreet if isinstance(error, UnknownModel) else str(error)
    return JSONResponse({"detail": detail}, status_code=status)


async def _verdict(services: Services, media: Media, policy: Policy) -> Verdict:
    await services.moderator.check(policy)
    info = await services.recognizer.describe(media)
    return await services.moderator.verdict(media, info, policy)
