"""Detect tagger: `POST /process` takes documents with base64 pictures and answers them with labels."""

from typing import Any

from fastapi import APIRouter, Request, Response

from image_tagger.api import dialect
from image_tagger.api.bodies import Bodies, aside
from image_tagger.api.dialects.process import batches, envelope
from image_tagger.api.dialects.process.description import ANSWERS, BODY
from image_tagger.api.dialects.process.documents import read_batch
from image_tagger.api.dialects.process.ledger import Ledger
from image_tagger.domain.errors import Overloaded, RequestTooLarge, TaggerError
from image_tagger.services import Services

PLACE = 1  # among the dialects
PREFIX = "/image_tagger"  # under which clients behind the original's proxy say the same paths


def routes(services: Services) -> APIRouter:
    """The routes of this dialect, with and without the proxy's prefix."""
    ledger = Ledger(services.shared)
    bodies = Bodies(services)
    router = dialect.router(render_error, tag="Detect tagger")

    @router.post("/process", summary="Tag a batch of documents", responses=ANSWERS, openapi_extra=BODY)
    async def process(request: Request) -> Response:
        """Answer every document with its picture replaced by labels; documents that cannot be tagged are listed."""
        with ledger.job() as job:
            async with bodies.read(request) as body:
                size = len(body)
                batch = await aside(size, read_batch, body)
                body.clear()  # the batch has all of it
                job.say("Start tagging model Analysis")
                outcome = await batches.tag(services, batch, request.is_disconnected)
                job.say(f"Extracted Text From {len(outcome.treated)} Documents")
                return await aside(size, envelope.success, outcome)

    @router.get("/work/status", summary="The latest jobs")
    async def work_status() -> dict[str, dict[str, str]]:
        """Every call of `/process`, the latest thousand, by its id."""
        return ledger.wire()

    _add_signs_of_life(router)
    return router


def _add_signs_of_life(router: APIRouter) -> None:
    @router.get("/health-check", summary="The server is up")
    async def health_check() -> dict[str, str]:
        """Answer that the process runs; `/health/ready` tells whether its model does."""
        return {"message": "OK"}

    @router.get("/test", summary="The server is up")
    async def test() -> dict[str, Any]:
        """Answer that the process runs."""
        return {"test endpoint is": "OK"}


def render_error(error: TaggerError) -> Response:
    """An error in this dialect's words: the envelope, with nothing treated."""
    status = 503 if isinstance(error, Overloaded) else 413 if isinstance(error, RequestTooLarge) else 500
    return envelope.failure(error, status=status)
