"""Which versions are in memory: loaded once however many ask, kept while they are used, let go when memory ends."""

import asyncio
import time
from collections.abc import Collection
from copy import copy
from dataclasses import dataclass, field
from functools import partial

import structlog

from image_tagger.domain.errors import ModelUnavailable, TaggerError
from image_tagger.domain.specs import Network, Version
from image_tagger.engine import memory
from image_tagger.engine.batcher import TURN_SECONDS, Batcher
from image_tagger.engine.recognition import Predictions, Request, recognise
from image_tagger.engine.threads import Threads
from image_tagger.engine.tuning import tuned
from image_tagger.media.decode import Decoder
from image_tagger.models.loaded import LoadedModel, load
from image_tagger.models.preprocessing.preparing import blank

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Room:
    """How long versions stay in memory.

    max_bytes: of all versions together; the one unused for longest goes first. 0: no bound.
    idle_seconds: a version unused for so long goes. 0: it stays.
    retry_seconds: how long a version that failed to load is not tried again.
    """

    max_bytes: int = 0
    idle_seconds: float = 0.0
    retry_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How versions run: `batch_size` 0 measures what is best; `parallel` runs at a time, each on up to `cores`.

    device: as the runtimes name it. granted: what the operator lets networks do (`models.loaded.load`).
    """

    batch_size: int = 0
    parallel: int = 1
    cores: int = 1
    device: str = "auto"
    granted: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class Resident:
    """A loaded model, the batcher in front of it, the bytes it holds, and when it was last asked for."""

    model: LoadedModel
    batcher: Batcher[Request, Predictions]
    bytes: int = 0
    used: float = field(default_factory=time.monotonic)


class Residents:
    """Loaded versions; belongs to the event loop of its first use.

    Whoever holds a resident can go on using it after it was let go; its memory is free when the last one is done.
    """

    def __init__(self, decoder: Decoder, threads: Threads, manner: Manner, room: Room | None = None) -> None:
        self._decoder = decoder
        self._threads = threads
        self._manner = manner
        self._room = room or Room()
        self._loaded: dict[Version, Resident] = {}
        self._loading: dict[Version, asyncio.Task[Resident]] = {}
        self._failures: dict[Version, tuple[float, TaggerError]] = {}
        self._kept: set[Version] = set()
        self._one_at_a_time = asyncio.Lock()  # so that the growth of memory is that of one model
        self._timer: asyncio.TimerHandle | None = None

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes held by each loaded model, by name."""
        return {version.name: resident.bytes for version, resident in self._loaded.items()}

    def keep(self, versions: Collection[Version]) -> None:
        """These stay in memory once they are loaded, however long nobody asks for them."""
        self._kept.update(versions)

    async def get(self, version: Version) -> Resident:
        """The loaded version.

        Raises InvalidModel, MissingExtra or ModelUnavailable; for a while, the answer stays the same.
        """
        if (resident := self._loaded.get(version)) is not None:
            resident.used = time.monotonic()
            return resident
        if (failure := self._remembered(version)) is not None:
            raise failure
        if version not in self._loading:
            task = self._loading[version] = asyncio.create_task(self._load(version))
            task.add_done_callback(_retrieved)
        return await asyncio.shield(self._loading[version])  # a caller who leaves does not stop it for the others

    async def close(self) -> None:
        """Stop what is being loaded and forget what is loaded."""
        for task in self._loading.values():
            task.cancel()
        await asyncio.gather(*self._loading.values(), return_exceptions=True)
        if self._timer is not None:
            self._timer.cancel()
        for resident in self._loaded.values():
            resident.batcher.close()
        self._loaded.clear()

    async def _load(self, version: Version) -> Resident:
        try:
            return await self._load_alone(version)
        except TaggerError as error:
            self._failures[version] = (time.monotonic() + self._room.retry_seconds, error)
            raise
        finally:
            del self._loading[version]

    async def _load_alone(self, version: Version) -> Resident:
        async with self._one_at_a_time:
            await self._make_room(version, _file_bytes(version.network))
            resident = await self._threads.run(self._open, version)
        self._loaded[version] = resident
        await self._make_room(version, 0)
        self._watch_the_clock()
        return resident

    def _open(self, version: Version) -> Resident:
        before, manner = memory.resident_bytes(), self._manner
        tensor = blank(version.network.preprocessing)
        opened = load(version, manner.device, manner.granted)
        best = tuned(opened, tensor, batch_size=manner.batch_size, cores=manner.cores)
        del opened  # its memory, where another one was opened that runs better
        memory.give_back()
        work = partial(recognise, best.model, self._decoder, best.size)
        batcher = Batcher(work, self._threads, size=best.size, parallel=manner.parallel, seconds=TURN_SECONDS)
        grown = memory.resident_bytes() - before  # others work meanwhile, so it is an estimate
        return Resident(best.model, batcher, max(grown, _file_bytes(version.network)))

    def _remembered(self, version: Version) -> TaggerError | None:
        until, error = self._failures.get(version, (0.0, None))
        if error is None:
            return None
        if time.monotonic() < until:
            return copy(error)  # a new one each time: an error collects the traces of all who raise it
        del self._failures[version]
        return None

    async def _make_room(self, version: Version, more: int) -> None:
        """Let go of others until `more` bytes fit. Raises ModelUnavailable where one alone is too much."""
        most = self._room.max_bytes
        if not most:
            return
        if more > most:
            raise ModelUnavailable(
                f"the model {version.name!r} needs at least {more} bytes of memory; at most {most} are allowed"
            )
        others = sorted((r.used, v.name, v) for v, r in self._loaded.items() if v != version and v not in self._kept)
        for _, _, other in others:
            if sum(resident.bytes for resident in self._loaded.values()) + more <= most:
                return
            await self._let_go([other], "memory is needed for others")

    def _watch_the_clock(self) -> None:
        """Look again when the first version may have been unused for long enough."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        used = [resident.used for version, resident in self._loaded.items() if version not in self._kept]
        if self._room.idle_seconds and used:
            wait = max(min(used) + self._room.idle_seconds - time.monotonic(), 0)
            self._timer = asyncio.get_running_loop().call_later(wait, self._tidy)

    def _tidy(self) -> None:
        latest = time.monotonic() - self._room.idle_seconds
        idle = [v for v, resident in self._loaded.items() if resident.used <= latest and v not in self._kept]
        self._tidying = asyncio.create_task(self._let_go(idle, "nobody has asked for it"))
        self._tidying.add_done_callback(lambda _: self._watch_the_clock())

    async def _let_go(self, versions: list[Version], reason: str) -> None:
        for version in versions:
            if (resident := self._loaded.pop(version, None)) is not None:
                log.info("a model leaves memory", model=version.name, bytes=resident.bytes, reason=reason)
                del resident
        if versions:
            await self._threads.run(memory.give_back)


def _file_bytes(network: Network) -> int:
    """Bytes of a network's files: the least it takes in memory. Missing ones count nothing; loading reports them."""
    folder = network.file if network.file.is_dir() else network.file.parent
    files = [network.file, *(folder / name for name, _ in network.companions)]
    return sum(file.stat().st_size for file in files if file.is_file())


def _retrieved(task: asyncio.Task[Resident]) -> None:
    """Look at the outcome: where all callers have left, nobody else does, and asyncio complains."""
    if not task.cancelled():
        task.exception()
