"""Labels of one model on their way into XMP sidecars beside files."""

from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

from image_tagger.domain.predictions import Prediction
from image_tagger.domain.specs import Version
from image_tagger.domain.vocabulary import Wording
from image_tagger.media import xmp
from image_tagger.media.xmp import Mark, Provenance


class Sidecars:
    """Writes the labels of one model beside files."""

    def __init__(self, one: Version, wording: Wording | None = None) -> None:
        """`wording`: the words in which results come, which groups of labels are to be called by, too."""
        self._say: Callable[[str], str] = wording.say if wording else str
        self._provenance = Provenance(one.name, one.network.sha256, f"image-tagger {version('image-tagger')}")
        self._hierarchy = one.spec.hierarchy
        self._places = {label: place for place, label in enumerate(one.spec.labels.names)}

    def write(self, file: Path, predictions: Iterable[Prediction]) -> None:
        """The labels of a file in place of those that were written before. Blocks. Raises TaggerError."""
        xmp.write(file, self._marks(predictions), self._provenance)

    def _marks(self, predictions: Iterable[Prediction]) -> list[Mark]:
        """Each label once, with its best score; labels of several regions stand several times."""
        best: dict[tuple[str, ...], float] = {}
        for prediction in predictions:
            path = self._path(prediction)
            best[path] = max(best.get(path, 0.0), prediction.score)
        return [Mark(path, score) for path, score in best.items()]

    def _path(self, prediction: Prediction) -> tuple[str, ...]:
        """With the groups around it, where the model has groups."""
        place = prediction.position if prediction.position >= 0 else self._places.get(prediction.label)
        if prediction.groups or self._hierarchy is None or place is None:
            return (*prediction.groups, prediction.label)
        return (*map(self._say, self._hierarchy.path(place)[:-1]), prediction.label)
