"""The model contract: a version must give the golden answers that were recorded when it was made."""

from collections import Counter
from dataclasses import dataclass
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.specs import Golden
from image_tagger.models import goldens
from image_tagger.models.loaded import LoadedModel


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far today's probabilities are from the golden ones, at most, over `pictures` pictures."""

    pictures: int
    difference: float
    tolerance: float

    @property
    def kept(self) -> bool:
        """Whether the contract is kept."""
        return self.difference <= self.tolerance


def check(model: LoadedModel) -> Agreement:
    """Run the golden pictures. Blocks. Raises InvalidModel where there are none or they cannot be read."""
    golden = model.version.golden
    if golden is None:
        raise InvalidModel(f"the model {model.version.name!r} has no golden answers")
    pictures, expected = _read(golden)
    found = goldens.run(model, pictures, together=False)
    if found.shape != expected.shape:
        raise InvalidModel(f"the golden answers of {model.version.name!r} are for another number of labels")
    difference = np.abs(found - _ordered(expected, model.version.spec.labels)).max()
    return Agreement(len(pictures), float(difference), golden.tolerance)


def _read(golden: Golden) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    try:
        with np.load(golden.file, allow_pickle=False) as arrays:
            return arrays["pictures"], arrays["probabilities"]
    except (OSError, EOFError, KeyError, ValueError, BadZipFile) as error:
        raise InvalidModel("the golden answers cannot be read") from error


def _ordered(scores: NDArray[np.float32], labels: LabelSet) -> NDArray[np.float32]:
    """Labels of the same name in descending order of their scores, as `goldens.run` gives them."""
    ordered = scores.copy()
    for name, count in Counter(labels.names).items():
        if count > 1:
            columns = [place for place, label in enumerate(labels.names) if label == name]
            ordered[:, columns] = -np.sort(-scores[:, columns])
    return ordered
