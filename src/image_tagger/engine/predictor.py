"""The seam of scale-out: one picture to one version's predictions, here or on another machine."""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from image_tagger.domain.crops import Crop
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Version
from image_tagger.engine.frames import Held
from image_tagger.engine.recognition import Predictions, Request
from image_tagger.engine.residents import Residents
from image_tagger.media.image import Image


class Predictor(Protocol):
    """Arguments are narrow and can be pickled. The selection travels along, so that only wanted labels travel back."""

    async def predict(
        self, version: Version, image: Image, selection: Selection, crop: Crop | None = None
    ) -> Predictions:
        """The selected predictions of one image or of a part of it, best first."""

    async def predict_first(
        self, version: Version, media: Held, selection: Selection, crop: Crop | None = None
    ) -> Predictions:
        """The same of the first frame of a media that is decoded where it is recognised."""

    async def predict_together(
        self, version: Version, media: Sequence[Held], selection: Selection
    ) -> Sequence[Predictions | Exception]:
        """The same of several, in one turn: a few dozen, or others wait for long."""


class LocalPredictor:
    """Recognises in this process. Both methods raise InvalidModel or MissingExtra, the second one InvalidMedia, too."""

    def __init__(self, residents: Residents) -> None:
        self._residents = residents
        self.counts: Counter[str] = Counter()  # pictures recognised, by model

    async def predict(
        self, version: Version, image: Image, selection: Selection, crop: Crop | None = None
    ) -> Predictions:
        """The selected predictions of one image or of a part of it, best first."""
        return await self._answer(version, Request(image, selection, crop))

    async def predict_first(
        self, version: Version, media: Held, selection: Selection, crop: Crop | None = None
    ) -> Predictions:
        """The same of the first frame of a media, decoded and recognised in one turn of a thread."""
        return await self._answer(version, Request(media, selection, crop))

    async def predict_together(
        self, version: Version, media: Sequence[Held], selection: Selection
    ) -> Sequence[Predictions | Exception]:
        """The selected predictions of the first frames, or the exception that is a media's answer, in one turn."""
        resident = await self._residents.get(version)
        answers = await resident.batcher.together([Request(one, selection) for one in media])
        self.counts[version.name] += len(answers)
        return answers

    async def _answer(self, version: Version, request: Request) -> Predictions:
        resident = await self._residents.get(version)
        predictions = await resident.batcher.answer(request)
        self.counts[version.name] += 1
        return predictions
