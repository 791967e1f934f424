"""The composition root: settings in, wired objects out, opened and closed in the right order."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from image_tagger.domain.errors import ModelUnavailable, TaggerError
from image_tagger.domain.geometry import Size
from image_tagger.domain.selection import Selection
from image_tagger.engine.admission import Admission
from image_tagger.engine.frames import Frames
from image_tagger.engine.predictor import LocalPredictor
from image_tagger.engine.recognizer import Recognizer
from image_tagger.engine.residents import Residents
from image_tagger.engine.threads import Threads
from image_tagger.media.decode import Budget, Decoder
from image_tagger.media.fetch import Fetcher, FetchLimits
from image_tagger.media.image import Image
from image_tagger.models.catalog import Catalog, standard_catalog
from image_tagger.models.resolve import Resolver
from image_tagger.settings import Settings

READY_SECONDS = 5.0  # the longest a default model may take to answer and still count as ready


@dataclass(frozen=True, slots=True)
class Services:
    """What the doors may use. Make it with `wire`; use it inside `async with`."""

    settings: Settings
    shared: Path | None  # a folder that all processes of this server use, where it has several
    catalog: Catalog
    recognizer: Recognizer
    admission: Admission
    fetcher: Fetcher = field(repr=False)
    predictor: LocalPredictor = field(repr=False)
    residents: Residents = field(repr=False)
    threads: Threads = field(repr=False)

    async def __aenter__(self) -> "Services":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.residents.close()
        await self.fetcher.close()
        await asyncio.to_thread(self.threads.close)

    async def check_ready(self) -> None:
        """Return when the default model has answered. Raises ModelUnavailable with the reason, within seconds."""
        grey = Image(np.full((8, 8, 3), 128, np.uint8), Size(8, 8))
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self.predictor.predict(self.catalog.default, grey, Selection(top=1))
        except (TaggerError, TimeoutError) as error:
            reason = str(error) or "it does not answer in time"
            raise ModelUnavailable(f"the default model {self.catalog.default.name!r} is not ready: {reason}") from error


def wire(settings: Settings, shared: Path | None = None) -> Services:
    """All parts, joined; nothing is loaded or connected yet. With `shared`, this is one of several processes.

    Raises UnknownModel for a default model or an alias that leads nowhere, InvalidModel for a broken model folder.
    """
    catalog = standard_catalog(settings.model_aliases, settings.default_model)
    parallel = -(-settings.threads // settings.processes_used) if shared else settings.threads
    threads = Threads(parallel)
    fetcher = Fetcher(_fetch_limits(settings))
    decoder = Decoder(Budget(settings.max_media_bytes, settings.max_pixels), exact=settings.exact_decoding)
    residents = Residents(decoder, threads, batch_size=settings.batch_size, parallel=parallel)
    predictor = LocalPredictor(residents)
    admission = Admission(settings.queue_length)
    recognizer = Recognizer(Resolver(catalog), Frames(fetcher, decoder, threads), predictor, admission)
    return Services(settings, shared, catalog, recognizer, admission, fetcher, predictor, residents, threads)


def _fetch_limits(settings: Settings) -> FetchLimits:
    return FetchLimits(
        seconds=settings.fetch_seconds,
        connect_seconds=settings.connect_seconds,
        max_redirects=settings.max_redirects,
        max_bytes=settings.max_media_bytes,
        allow_private=settings.allow_private_urls,
    )
