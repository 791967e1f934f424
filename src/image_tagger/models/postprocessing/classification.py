"""Exclusive labels: the scores of one picture add up to 1."""

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.ranking import ranked


def read(output: NDArray[np.floating], spec: Spec, selection: Selection) -> tuple[Prediction, ...]:
    """Logits (labels,), or probabilities where the spec's `activation` is `none` -> predictions, best first."""
    scores = output.astype(np.float64)  # so that the sum over a thousand labels is 1 to the last printed digit
    if dict(spec.options).get("activation", "softmax") == "softmax":
        scores = np.exp(scores - scores.max())
        scores /= scores.sum()
    return ranked(scores, spec, selection)
