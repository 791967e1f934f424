"""Independent labels: every score stands for itself."""

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.ranking import ranked


def read(output: NDArray[np.floating], spec: Spec, selection: Selection) -> tuple[Prediction, ...]:
    """Logits (labels,), or probabilities where the spec's `activation` is `none` -> predictions, best first."""
    scores = output.astype(np.float64)
    if dict(spec.options).get("activation", "sigmoid") == "sigmoid":
        scores = np.exp(-np.logaddexp(0, -scores))  # 1 / (1 + exp(-x)) without overflow
    return ranked(scores, spec, selection)
