"""Bulk jobs: `/v1/jobs` tags folders, lists of URLs and manifests, however long they are."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from image_tagger.api import auth, dialect
from image_tagger.api.dialects.bulk_jobs import answers, description, reading
from image_tagger.api.dialects.bulk_jobs.asked import read_asked
from image_tagger.domain.errors import (
    InvalidModel,
    InvalidRequest,
    MissingExtra,
    ModelUnavailable,
    NotAllowed,
    Overloaded,
    RequestTooLarge,
    StoreUnavailable,
    TaggerError,
    UnknownJob,
    UnknownModel,
)
from image_tagger.services import Services

STATUSES = (  # the first row whose class fits: status, type
    (RequestTooLarge, 413, "RequestTooLarge"),
    (InvalidRequest, 400, "InvalidRequest"),
    (InvalidModel, 400, "InvalidModel"),
    (NotAllowed, 403, "NotAllowed"),
    (UnknownJob, 404, "UnknownJob"),
    (UnknownModel, 404, "UnknownModel"),
    (Overloaded, 503, "Overloaded"),
    (ModelUnavailable, 503, "ModelUnavailable"),
    (StoreUnavailable, 503, "StoreUnavailable"),
    (MissingExtra, 501, "MissingExtra"),
    (TaggerError, 500, "InternalError"),
)
ROOT = "/v1/jobs"


def routes(services: Services) -> APIRouter:
    """The routes of this dialect."""
    router = dialect.router(render_error, tag="Bulk jobs")
    key = auth.documented(services.settings)
    common: dict[str, Any] = {"dependencies": key, "responses": description.ERRORS}
    _change(router, services, common)
    _read(router, services, common)
    return router


def _change(router: APIRouter, services: Services, common: dict[str, Any]) -> None:
    @router.post(ROOT, summary="Begin a job", status_code=201, openapi_extra=description.BEGIN, **common)
    async def begin(request: Request) -> Response:
        """Tag a folder, URLs or a manifest. The answer comes at once; poll the job, or have a webhook called."""
        async with read_asked(request, services) as asked:
            job = await services.ledger.add(asked.job, asked.items, open_end=asked.listed_later)
        body = await reading.one(services, job)
        return JSONResponse(body, status_code=201, headers={"Location": f"{ROOT}/{job.id}"})

    @router.post(f"{ROOT}/{{job_id}}/cancel", summary="Cancel a job", openapi_extra=description.JOB, **common)
    async def cancel(request: Request) -> Response:
        """Begin no other picture; those that have begun are finished."""
        job = await reading.found(services, request)
        return JSONResponse(await reading.one(services, await services.ledger.cancel(job.id)))

    @router.post(f"{ROOT}/{{job_id}}/retry", summary="Try failed ones again", openapi_extra=description.JOB, **common)
    async def retry(request: Request) -> Response:
        """Try again what has failed."""
        job = await reading.found(services, request)
        await services.ledger.retry(job.id)
        return JSONResponse(await reading.one(services, await services.ledger.job(job.id)))


def _read(router: APIRouter, services: Services, common: dict[str, Any]) -> None:
    @router.get(ROOT, summary="The latest jobs", openapi_extra=description.LATEST, **common)
    async def latest(request: Request) -> Response:
        """A page of jobs, the latest first."""
        return JSONResponse(await reading.latest(services, request.query_params))

    @router.get(f"{ROOT}/{{job_id}}", summary="How far a job is", openapi_extra=description.JOB, **common)
    async def look(request: Request) -> Response:
        """The state of a job and how many pictures are done."""
        return JSONResponse(await reading.one(services, await reading.found(services, request)))

    @router.get(f"{ROOT}/{{job_id}}/items", summary="Pictures of a job", openapi_extra=description.ITEMS, **common)
    async def items(request: Request) -> Response:
        """A page of pictures with their labels or errors; `next` is the `after` of the next page."""
        job = await reading.found(services, request)
        return JSONResponse(await reading.items(services, job, request.query_params))

    @router.get(f"{ROOT}/{{job_id}}/results", summary="All results", openapi_extra=description.RESULTS, **common)
    async def results(request: Request) -> Response:
        """Every picture that is done or has failed, as JSON lines or CSV."""
        job = await reading.found(services, request)
        form = answers.form_of(request.query_params)
        return StreamingResponse(
            reading.lines_of(services, job, form), media_type=form.media_type, headers=form.headers(job)
        )


def render_error(error: TaggerError) -> Response:
    """An error in this dialect's words."""
    status, kind = next(row[1:] for row in STATUSES if isinstance(error, row[0]))
    detail = error.discreet if isinstance(error, UnknownModel) else str(error)
    return JSONResponse({"error": {"type": kind, "detail": detail}}, status_code=status)
