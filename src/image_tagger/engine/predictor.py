"""The seam of scale-out: one picture to one version's predictions, here or on another machine."""

from collections import Counter
from typing import Protocol

from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Version
from image_tagger.engine.frames import Held, decode_first
from image_tagger.engine.residents import Resident, Residents
from image_tagger.engine.threads import Threads
from image_tagger.media.decode import Decoder
from image_tagger.media.image import Image
from image_tagger.models.preprocessing import needed_pixels


class Predictor(Protocol):
    """Arguments are narrow and can be pickled. The selection travels along, so that only wanted labels travel back."""

    async def predict(self, version: Version, image: Image, selection: Selection) -> tuple[Prediction, ...]:
        """The selected predictions of one image, best first."""

    async def predict_first(self, version: Version, media: Held, selection: Selection) -> tuple[Prediction, ...]:
        """The same of the first frame of a media that is decoded where it is recognised."""


class LocalPredictor:
    """Recognises in this process: prepare and read one by one, run together.

    Both methods raise InvalidModel or MissingExtra, the second one InvalidMedia, too.
    """

    def __init__(self, residents: Residents, decoder: Decoder, threads: Threads) -> None:
        self._residents = residents
        self._decoder = decoder
        self._threads = threads
        self.counts: Counter[str] = Counter()  # pictures recognised, by model

    async def predict(self, version: Version, image: Image, selection: Selection) -> tuple[Prediction, ...]:
        """The selected predictions of one image, best first."""
        resident = await self._residents.get(version)
        predictions = await self._threads.run(_recognise, resident, image, selection)
        self.counts[version.name] += 1
        return predictions

    async def predict_first(self, version: Version, media: Held, selection: Selection) -> tuple[Prediction, ...]:
        """The same of the first frame of a media, decoded and recognised in one turn of a thread."""
        resident = await self._residents.get(version)
        predictions = await self._threads.run(self._decode_and_recognise, resident, media, selection)
        self.counts[version.name] += 1
        return predictions

    def _decode_and_recognise(self, resident: Resident, media: Held, selection: Selection) -> tuple[Prediction, ...]:
        needed = needed_pixels(resident.model.version.network.preprocessing)
        return _recognise(resident, decode_first(self._decoder, media, needed), selection)


def _recognise(resident: Resident, image: Image, selection: Selection) -> tuple[Prediction, ...]:
    tensor = resident.model.prepare(image.pixels)
    return resident.model.read(resident.batcher.run(tensor), selection)
