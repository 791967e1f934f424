"""Exclusive labels: the scores of one picture add up to 1."""

from enum import StrEnum

import numpy as np

from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.preprocessing.placement import Placement
from image_tagger.models.reading.options import Options
from image_tagger.models.reading.ranking import ranked
from image_tagger.models.running.tensors import Outputs

KNOWN = ("activation",)


class Activation(StrEnum):
    """What is still to be done to the scores."""

    SOFTMAX = "softmax"
    NONE = "none"


def read(outputs: Outputs, spec: Spec, selection: Selection, placement: Placement) -> tuple[Prediction, ...]:
    """Logits (labels,), or probabilities where the spec's `activation` is `none` -> predictions, best first.

    Dimensions of one entry around the labels count for nothing. Raises InvalidModel for another number of scores, and
    for an option that there is not.
    """
    del placement  # the whole picture is meant
    # doubles, so that the sum over a thousand labels is 1 to the last printed digit
    scores = np.atleast_1d(outputs[0].squeeze()).astype(np.float64)
    if Options(spec, KNOWN).word("activation", Activation.SOFTMAX) is Activation.SOFTMAX:
        with np.errstate(invalid="ignore"):  # what is infinite becomes no number, which is refused
            scores = np.exp(scores - scores.max())
        scores /= scores.sum()
    return ranked(scores, spec, selection)
