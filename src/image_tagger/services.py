"""The composition root: settings in, wired objects out, opened and closed in the right order."""

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from image_tagger.domain.errors import ModelUnavailable, StoreUnavailable, TaggerError
from image_tagger.domain.geometry import Size
from image_tagger.domain.selection import Selection
from image_tagger.engine.admission import Admission
from image_tagger.engine.frames import Frames
from image_tagger.engine.memory import machine_bytes
from image_tagger.engine.moderation import Moderator
from image_tagger.engine.predictor import LocalPredictor
from image_tagger.engine.raw import RawOutputs
from image_tagger.engine.recognizer import Recognizer
from image_tagger.engine.residents import Manner, Residents, Room
from image_tagger.engine.threads import Threads
from image_tagger.jobs.answering import Engine
from image_tagger.jobs.bulk import Bulk
from image_tagger.jobs.office import Office
from image_tagger.jobs.portions import Portions
from image_tagger.jobs.reception import Reception
from image_tagger.jobs.rules import Rules
from image_tagger.media.allowance import Allowance
from image_tagger.media.decode import Budget, Decoder
from image_tagger.media.fetch import Fetcher, FetchLimits
from image_tagger.media.image import Image
from image_tagger.media.objects import Objects, Storage
from image_tagger.media.roots import Roots
from image_tagger.media.spool import Spool
from image_tagger.models.catalog import MODELS, Catalog, standard_catalog
from image_tagger.models.opening.process import Limits
from image_tagger.models.pulling.process import PullProcess
from image_tagger.models.pulling.terms import Terms
from image_tagger.models.resolve import PullRules, Resolver
from image_tagger.settings import Settings

if TYPE_CHECKING:
    from image_tagger.jobs.ledger import Ledger
    from image_tagger.jobs.platform import Platform
    from image_tagger.store.blobs import Blobs
    from image_tagger.store.database import Database
    from image_tagger.store.registry import Registry
    from image_tagger.store.results import Results

DAY = 24 * 3600.0
READY_SECONDS = 5.0  # the longest a default model may take to answer and still count as ready


@dataclass(frozen=True, slots=True)
class Services:
    """What the doors may use. Make it with `wire`; use it inside `async with`."""

    settings: Settings
    shared: Path | None  # a folder that all processes of this server use, where it has several
    catalog: Catalog
    recognizer: Recognizer
    moderator: Moderator
    admission: Admission
    frames: Frames = field(repr=False)
    fetcher: Fetcher = field(repr=False)
    predictor: LocalPredictor = field(repr=False)
    residents: Residents = field(repr=False)
    threads: Threads = field(repr=False)
    spool: Spool = field(repr=False)
    resolver: Resolver = field(repr=False)
    office: Office = field(repr=False)
    reception: Reception = field(repr=False)
    engine: Engine = field(repr=False)
    bulk: Bulk = field(repr=False)
    bodies: Allowance = field(repr=False)  # what request bodies in memory take, of all doors together

    @property
    def database(self) -> "Database":
        """The database; connected to when first used."""
        return self.office.database

    @property
    def ledger(self) -> "Ledger":
        """The ledger of jobs."""
        return self.office.ledger

    @property
    def blobs(self) -> "Blobs":
        """Files under the hash of their content."""
        return self.office.blobs

    @property
    def results(self) -> "Results":
        """What was recognised earlier, to be searched."""
        return self.office.results

    @property
    def platform(self) -> "Platform":
        """Registered networks, specifications and versions, and inferences; made when first used."""
        return self.reception.platform(self.engine)

    @property
    def registry(self) -> "Registry":
        """What is registered, as it is in the database."""
        return self.platform.registry

    def employ(self) -> None:
        """Do jobs in this process from now on."""
        self.office.employ(self)

    async def __aenter__(self) -> "Services":
        await self.spool.open()
        self.threads.give_way()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.office.close()
        await self.resolver.close()
        await self.residents.close()
        await self.fetcher.close()
        await asyncio.to_thread(self.threads.close)
        await self.spool.close()
        self.threads.as_before()

    async def check_ready(self) -> None:
        """Return when the default model and the database have answered.

        Raises ModelUnavailable, StoreUnavailable or ShuttingDown with the reason, within seconds.
        """
        grey = Image(np.full((8, 8, 3), 128, np.uint8), Size(8, 8))
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self.predictor.predict(self.catalog.default, grey, Selection(top=1))
        except (TaggerError, TimeoutError) as error:
            reason = str(error) or "it does not answer in time"
            raise ModelUnavailable(f"the default model {self.catalog.default.name!r} is not ready: {reason}") from error
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self.office.check()
        except TimeoutError as error:
            raise StoreUnavailable("the database does not answer in time") from error

    async def preload(self, name: str) -> None:
        """Load a model and keep it in memory. Raises what `Resolver.version` and `Residents.get` raise."""
        version = await self.resolver.version(name)
        self.residents.keep([version])
        await self.residents.get(version)


def wire(settings: Settings, shared: Path | None = None) -> Services:
    """All parts, joined; nothing is loaded or connected yet. With `shared`, this is one of several processes.

    Raises UnknownModel for a default model or an alias that leads nowhere, InvalidModel for a broken model folder.
    """
    catalog = standard_catalog(settings.model_aliases, settings.default_model, settings.data_dir)
    parallel = -(-settings.threads // settings.processes_used) if shared else settings.threads
    threads = Threads(parallel)
    fetcher = Fetcher(_fetch_limits(settings))
    decoder = Decoder(_budget(settings, parallel), exact=settings.exact_decoding)
    manner = Manner(settings.batch_size, parallel, settings.threads, settings.device, granted(settings))
    residents = Residents(decoder, threads, manner, _room(settings, processes=settings.processes_used if shared else 1))
    residents.keep([catalog.default])
    predictor = LocalPredictor(residents)
    admission = Admission(settings.queue_length)
    office = office_of(settings)
    reception = Reception(office, settings.data_dir)
    resolver = Resolver(catalog, _pull(settings), _pull_rules(settings), reception.version)
    frames = Frames(fetcher, decoder, threads)
    recognizer = Recognizer(resolver, frames, predictor, admission)
    limits = Limits(settings.open_memory_bytes, settings.open_seconds)
    raw = RawOutputs(frames, residents, decoder, threads)
    engine = Engine(resolver, recognizer, raw, limits, settings.job_retention_days * DAY)
    moderator = Moderator(resolver, recognizer, settings.moderation_model)
    spool = Spool(settings.data_dir / "spool", disk_bytes=settings.max_spool_bytes)
    return Services(
        settings,
        shared,
        catalog,
        recognizer,
        moderator,
        admission,
        frames,
        fetcher,
        predictor,
        residents,
        threads,
        spool,
        resolver,
        office,
        reception,
        engine,
        _bulk(settings, Portions(parallel, settings.processes_used if shared else 1)),
        Allowance(settings.max_bodies_bytes),
    )


def _bulk(settings: Settings, portions: Portions) -> Bulk:
    storage = Storage(
        settings.s3_endpoint,
        settings.s3_region,
        settings.s3_access_key_id.get_secret_value(),
        settings.s3_secret_access_key.get_secret_value(),
    )
    secret = settings.webhook_secret.get_secret_value()
    return Bulk(Roots(settings.allowed_roots), Objects(storage), settings.max_media_bytes, secret, portions)


def office_of(settings: Settings) -> Office:
    """Where the jobs of this installation are kept; to be closed."""
    rules = Rules(
        places=settings.job_places,
        lease_seconds=settings.job_lease_seconds,
        retention_seconds=settings.job_retention_days * DAY,
    )
    return Office(settings.data_dir, settings.database_url.get_secret_value().strip(), rules)


def _budget(settings: Settings, threads: int) -> Budget:
    return Budget(
        max_bytes=settings.max_media_bytes,
        max_pixels=settings.max_pixels,
        max_frames=settings.max_frames,
        max_video_bytes=settings.max_video_bytes,
        max_video_seconds=settings.max_video_seconds,
        threads=threads,
    )


def granted(settings: Settings) -> frozenset[str]:
    """What the operator lets networks do beyond computing, as `models.loaded.load` takes it."""
    return frozenset({"allow_torchscript"} if settings.allow_torchscript else ())


def open_limits(settings: Settings) -> Limits:
    """What a network may take while another process opens it."""
    return Limits(settings.open_memory_bytes, settings.open_seconds, tuple(granted(settings)))


def _room(settings: Settings, *, processes: int) -> Room:
    all_together = settings.model_memory_bytes or machine_bytes() // 2
    return Room(all_together // processes, settings.model_idle_seconds, settings.model_retry_seconds)


def _fetch_limits(settings: Settings) -> FetchLimits:
    return FetchLimits(
        seconds=settings.fetch_seconds,
        connect_seconds=settings.connect_seconds,
        max_redirects=settings.max_redirects,
        max_bytes=settings.max_media_bytes,
        allow_private=settings.allow_private_urls,
    )


def pull_terms(settings: Settings, *, progress: bool = False) -> Terms:
    """On what terms this installation fetches models."""
    spare = settings.data_dir / MODELS / ".hub"
    return Terms(spare, settings.hf_token.get_secret_value().strip() or None, settings.max_model_bytes, progress)


def _pull(settings: Settings) -> PullProcess | None:
    if not settings.allow_downloads:
        return None
    limits = replace(open_limits(settings), seconds=settings.pull_seconds)
    return PullProcess(settings.data_dir / MODELS, pull_terms(settings), limits)


def _pull_rules(settings: Settings) -> PullRules:
    return PullRules(settings.allowed_models, settings.pull_wait_seconds, settings.pull_retry_seconds)
