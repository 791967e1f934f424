"""Whether the process lives, and whether it can do its work."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from image_tagger.domain.errors import TaggerError
from image_tagger.services import Services


def routes(services: Services) -> APIRouter:
    """`/health/live` and `/health/ready`."""
    router = APIRouter(prefix="/health", tags=["Operations"])

    @router.head("/live", include_in_schema=False)
    @router.get("/live", summary="The process lives")
    async def live() -> dict[str, str]:
        """Answer 200 as long as the process can answer at all."""
        return {"status": "live"}

    @router.head("/ready", include_in_schema=False)
    @router.get("/ready", summary="The default model answers")
    async def ready() -> JSONResponse:
        """Run the default model on a small picture: 200 when it answers, 503 with the reason otherwise."""
        model = services.catalog.default.name
        try:
            await services.check_ready()
        except TaggerError as error:
            return JSONResponse({"status": "not ready", "model": model, "reason": str(error)}, status_code=503)
        return JSONResponse({"status": "ready", "model": model})

    return router
