"""The seam of scale-out: one image to one version's predictions, here or on another machine."""

from collections import Counter
from typing import Protocol

from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Version
from image_tagger.engine.residents import Resident, Residents
from image_tagger.engine.threads import Threads
from image_tagger.media.image import Image


class Predictor(Protocol):
    """Arguments are narrow and can be pickled. The selection travels along, so that only wanted labels travel back."""

    async def predict(self, version: Version, image: Image, selection: Selection) -> tuple[Prediction, ...]:
        """The selected predictions of one image, best first."""


class LocalPredictor:
    """Recognises in this process: prepare and read one by one, run together."""

    def __init__(self, residents: Residents, threads: Threads) -> None:
        self._residents = residents
        self._threads = threads
        self.counts: Counter[str] = Counter()  # pictures recognised, by model

    async def predict(self, version: Version, image: Image, selection: Selection) -> tuple[Prediction, ...]:
        """The selected predictions of one image, best first. Raises InvalidModel or MissingExtra."""
        resident = await self._residents.get(version)
        predictions = await self._threads.run(_recognise, resident, image, selection)
        self.counts[version.name] += 1
        return predictions


def _recognise(resident: Resident, image: Image, selection: Selection) -> tuple[Prediction, ...]:
    tensor = resident.model.prepare(image.pixels)
    return resident.model.read(resident.batcher.run(tensor), selection)
