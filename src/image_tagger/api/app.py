"""The application: every dialect, health, metrics and the API pages behind one ASGI door."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import structlog
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from image_tagger import plugins
from image_tagger.api import auth, health, landing, metrics
from image_tagger.api.direct import Direct, plain_routes
from image_tagger.api.observe import Observe
from image_tagger.api.prefixes import Prefixes
from image_tagger.api.schemas import self_contained
from image_tagger.domain.errors import TaggerError
from image_tagger.services import Services, wire
from image_tagger.settings import Settings

DIALECTS = "image_tagger.api.dialects"
LAST = 100  # dialects that name no place
DESCRIPTION = "Recognises what is in pictures, on your own machine. Each group below is one dialect of the same engine."
log = structlog.get_logger(__name__)


def create_app(settings: Settings, shared: Path | None = None) -> FastAPI:
    """The ASGI application; its lifespan opens and closes everything it uses.

    Its `state.answered` is an event: the default model has answered for the first time, or has failed to.
    `shared` is a folder that all processes of one server use, where it has several.

    Raises UnknownModel, InvalidModel or ModelUnavailable where the settings name a model that cannot be or is not here,
    InvalidRequest where their policy is none, StoreUnavailable where their database cannot be one.
    """
    services = wire(settings, shared)
    services.office.check_url()
    app = FastAPIOffline(  # its API pages bring their scripts along, so they work without the internet
        title="Image Tagger API",
        version=version("image-tagger"),
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=_lifespan(services),
    )
    dialects = sorted((plugins.load(DIALECTS, name) for name in plugins.names(DIALECTS)), key=place)
    routers = [dialect.routes(services) for dialect in dialects]
    app.add_middleware(Direct, routes=plain_routes(routers))
    auth.guard(app, settings)
    measured = metrics.Metrics(services)
    app.add_middleware(Observe, metrics=measured)
    for router in routers:
        app.include_router(router)
    app.openapi_tags = [_group(dialect) for dialect in dialects]
    app.add_middleware(Prefixes, prefixes=tuple(d.PREFIX for d in dialects if hasattr(d, "PREFIX")))
    for router in (landing.routes(), health.routes(services), metrics.routes(measured)):
        app.include_router(router)
    self_contained(app)
    return app


def place(dialect: ModuleType) -> int:
    """Where a dialect stands, in the API pages and among the routes, which are looked through one after the other."""
    place: int = getattr(dialect, "PLACE", LAST)
    return place


def _group(dialect: ModuleType) -> dict[str, str]:
    """A heading of the API pages, from the first line of the module, which begins with the name and a colon."""
    name, _, description = (dialect.__doc__ or "").partition("\n")[0].partition(": ")
    return {"name": name, "description": description}


def _lifespan(services: Services) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with services:
            app.state.answered = asyncio.Event()
            warming = asyncio.create_task(_warm_up(services, app.state.answered))
            yield
            warming.cancel()
            await asyncio.gather(warming, return_exceptions=True)

    return lifespan


async def _warm_up(services: Services, answered: asyncio.Event) -> None:
    """Load the default model before the first request asks; readiness reports it where that fails."""
    try:
        await services.check_ready()
    except TaggerError as error:
        log.error("not ready", reason=str(error))  # noqa: TRY400 - the reason is the whole story
    else:
        log.info("ready", model=services.catalog.default.name)
    finally:
        answered.set()
    await asyncio.to_thread(services.fetcher.prepare)
    for name in services.settings.preload_models:
        try:
            await services.preload(name)
        except TaggerError as error:
            log.error("a model cannot be loaded ahead", model=name, reason=str(error))  # noqa: TRY400 - as above
    services.employ()  # after all that makes requests wait
