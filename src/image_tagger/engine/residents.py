"""Which versions are in memory: each is loaded once, in a thread, however many ask at the same time."""

import asyncio
from dataclasses import dataclass
from functools import partial

import numpy as np

from image_tagger.domain.specs import Version
from image_tagger.engine.batcher import Batcher, Tensor
from image_tagger.engine.recognition import Predictions, Request, recognise
from image_tagger.engine.threads import Threads
from image_tagger.engine.tuning import tuned
from image_tagger.media.decode import Decoder
from image_tagger.models.loaded import LoadedModel, load


@dataclass(frozen=True, slots=True)
class Resident:
    """A loaded model and the batcher in front of it."""

    model: LoadedModel
    batcher: Batcher[Request, Predictions]


class Residents:
    """Loaded versions. `batch_size` 0 measures what is best for each model; `parallel` runs go on at a time.

    A run of a large network may use `cores`.
    """

    def __init__(self, decoder: Decoder, threads: Threads, *, batch_size: int, parallel: int, cores: int = 1) -> None:
        self._decoder = decoder
        self._threads = threads
        self._batch_size = batch_size
        self._parallel = parallel
        self._cores = cores
        self._loaded: dict[Version, Resident] = {}
        self._loading: dict[Version, asyncio.Task[Resident]] = {}

    async def get(self, version: Version) -> Resident:
        """The loaded version. Raises InvalidModel or MissingExtra; the next call tries again."""
        if (resident := self._loaded.get(version)) is not None:
            return resident
        if version not in self._loading:
            self._loading[version] = asyncio.create_task(self._load(version))
        return await asyncio.shield(self._loading[version])  # a caller who leaves does not stop it for the others

    async def close(self) -> None:
        """Stop what is being loaded and forget what is loaded."""
        for task in self._loading.values():
            task.cancel()
        await asyncio.gather(*self._loading.values(), return_exceptions=True)
        for resident in self._loaded.values():
            resident.batcher.close()
        self._loaded.clear()

    async def _load(self, version: Version) -> Resident:
        try:
            resident = await self._threads.run(self._open, version)
            self._loaded[version] = resident
            return resident
        finally:
            del self._loading[version]

    def _open(self, version: Version) -> Resident:
        best = tuned(load(version), _blank(version), batch_size=self._batch_size, cores=self._cores)
        work = partial(recognise, best.model, self._decoder)
        return Resident(best.model, Batcher(work, self._threads, size=best.size, parallel=self._parallel))


def _blank(version: Version) -> Tensor:
    wanted = version.network.preprocessing
    height, width = wanted.size.height, wanted.size.width
    shape = (3, height, width) if wanted.layout == "NCHW" else (height, width, 3)
    return np.zeros(shape, np.dtype(wanted.element.value))
