"""Independent labels: every score stands for itself."""

import numpy as np

from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.preprocessing.placement import Placement
from image_tagger.models.reading.ranking import ranked
from image_tagger.models.running.tensors import Outputs


def read(outputs: Outputs, spec: Spec, selection: Selection, placement: Placement) -> tuple[Prediction, ...]:
    """Logits (labels,), or probabilities where the spec's `activation` is `none` -> predictions, best first.

    Dimensions of one entry around the labels count for nothing. Raises InvalidModel for another number of scores.
    """
    del placement  # the whole picture is meant
    scores = np.atleast_1d(outputs[0].squeeze()).astype(np.float64)
    if dict(spec.options).get("activation", "sigmoid") == "sigmoid":
        scores = np.exp(-np.logaddexp(0, -scores))  # 1 / (1 + exp(-x)) without overflow
    return ranked(scores, spec, selection)
