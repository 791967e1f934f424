"""One picture straight through a model, without the engine."""

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.models.loaded import LoadedModel

ALL = Selection()


def recognised(model: LoadedModel, pixels: NDArray[np.uint8], selection: Selection = ALL) -> tuple[Prediction, ...]:
    """The selected predictions, best first."""
    prepared = model.prepare(pixels)
    return model.read(model.run(prepared.tensor[np.newaxis])[0], prepared.placement, selection)
