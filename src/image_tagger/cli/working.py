"""What `image-tagger worker` does: all of the services but the doors."""

import asyncio
import signal

import structlog

from image_tagger.api.logs import configure_logs
from image_tagger.domain.errors import InvalidRequest
from image_tagger.services import wire
from image_tagger.settings import Settings, read_settings

log = structlog.get_logger(__name__)


def work() -> None:
    """Do jobs until a signal comes. Raises InvalidRequest for settings under which there is nothing to do."""
    settings = read_settings()
    if not settings.job_places:
        raise InvalidRequest("IMAGE_TAGGER_JOB_PLACES is 0: this worker would do nothing")
    configure_logs(settings)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    leaving = asyncio.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sig, leaving.set)
    async with wire(settings) as services:
        await services.office.database.check()
        services.employ()
        log.info("the worker waits for jobs", places=settings.job_places)
        await leaving.wait()
