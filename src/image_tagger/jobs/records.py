"""Results of jobs on their way to where searches look."""

from collections.abc import Sequence
from contextlib import suppress

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.results import PictureFile, Recognised
from image_tagger.jobs.files import File
from image_tagger.store.results import Results

NANO = 1e9


class Record:
    """Records what one model saw; nothing where that is not `wanted`: words of users are no labels of the model."""

    def __init__(self, results: Results, model: str, *, wanted: bool = True) -> None:
        self._results = results if wanted else None
        self._model = model

    async def files(self, seen: Sequence[tuple[File, str, tuple[Prediction, ...]]]) -> None:
        """Files with the hashes of their contents and what was seen; those whose names are no text are left out."""
        recognised = []
        for file, sha256, predictions in seen:
            with suppress(InvalidRequest):
                picture = PictureFile(str(file.path), sha256, file.size, file.modified / NANO)
                recognised.append(Recognised(picture, predictions))
        await self._put(recognised)

    async def address(self, address: str, sha256: str, predictions: tuple[Prediction, ...]) -> None:
        """The same of one picture from elsewhere."""
        with suppress(InvalidRequest):
            await self._put([Recognised(PictureFile(address, sha256), predictions)])

    async def _put(self, recognised: Sequence[Recognised]) -> None:
        if self._results and recognised:
            await self._results.record(self._model, recognised)
