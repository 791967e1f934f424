"""Image classifier service: `/classification-job` sorts the pictures of a folder into folders of their classes."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from image_tagger.api import dialect
from image_tagger.api.dialects.folder_jobs import answers
from image_tagger.api.dialects.folder_jobs.asked import KeyRefused, check_key, read_order
from image_tagger.api.dialects.folder_jobs.description import ERRORS, GET, POST, NewSortingJob, SortingJob
from image_tagger.domain import jobs
from image_tagger.domain.errors import (
    InvalidRequest,
    Overloaded,
    RequestTooLarge,
    StoreUnavailable,
    TaggerError,
    UnknownJob,
)
from image_tagger.jobs.sorting import ATTEMPTS, KIND
from image_tagger.services import Services

PLACE = 5  # among the dialects
STATUSES = (  # the first row whose class fits
    (KeyRefused, 401),
    (RequestTooLarge, 413),
    (InvalidRequest, 400),
    (UnknownJob, 400),
    (Overloaded, 503),
    (StoreUnavailable, 503),
    (TaggerError, 500),
)
LONGEST_ID = 18  # digits, as databases count


def routes(services: Services) -> APIRouter:
    """The routes of this dialect. Without SERVICE_KEY every request is refused."""
    settings = services.settings
    key = settings.service_key.get_secret_value().strip()
    folder = settings.files_dir.absolute()
    router = dialect.router(render_error, tag="Image classifier service")

    @router.post(
        "/classification-job",
        summary="Sort the folder `all`",
        status_code=201,
        responses={201: {"model": NewSortingJob}, **ERRORS},
        openapi_extra=POST,
    )
    async def begin(request: Request) -> Response:
        """Begin to move the pictures in `all` into folders that are named as their classes."""
        check_key(request, key)
        order = await read_order(request, folder)
        job = await services.ledger.add(jobs.NewJob(KIND, order.as_json(), attempts=ATTEMPTS), open_end=True)
        return JSONResponse(answers.new_job(job), status_code=201)

    @router.get(
        "/classification-job/{job_id}",
        summary="How far a job is",
        responses={200: {"model": SortingJob}, **ERRORS},
        openapi_extra=GET,
    )
    async def look(request: Request) -> Response:
        """Poll until `complete` is true."""
        check_key(request, key)
        return JSONResponse(answers.job(await _find(services, request.path_params["job_id"])))

    return router


def render_error(error: TaggerError) -> Response:
    """An error in this dialect's words."""
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    body: dict[str, Any] = {"code": status, "message": str(error)}
    return JSONResponse(body, status_code=status)


async def _find(services: Services, wanted: str) -> jobs.Job:
    """A job that this dialect has made. Raises UnknownJob."""
    unknown = UnknownJob(f"Job {wanted} not found")
    if not (wanted.isascii() and wanted.isdecimal() and len(wanted) <= LONGEST_ID):
        raise unknown
    try:
        job = await services.ledger.job(int(wanted))
    except UnknownJob as error:
        raise unknown from error
    if job.kind != KIND or job.queue:  # one of another door
        raise unknown
    return job
