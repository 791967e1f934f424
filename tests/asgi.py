"""The product as an application in this process, asked without a network between."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from image_tagger.api.app import create_app
from image_tagger.settings import Settings

ANSWER_SECONDS = 60.0


@asynccontextmanager
async def running(folder: Path, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, which keeps what it has in the folder; it has started, and stops afterwards."""
    app = create_app(Settings(data_dir=folder, **settings))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test", timeout=ANSWER_SECONDS) as client,
    ):
        yield client
