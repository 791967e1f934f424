"""From scores to the predictions that were asked for, without making the others."""

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection


def ranked(scores: NDArray[np.floating], labels: LabelSet, selection: Selection) -> tuple[Prediction, ...]:
    """Scores (labels,) in 0..1 -> the selected predictions, best first; equal scores keep the labels' order.

    Raises InvalidModel where the network gives another number of scores than there are labels.
    """
    if scores.shape != (len(labels),):
        raise InvalidModel(f"the network gives {scores.size} scores for {len(labels)} labels")
    order = np.argsort(-scores, kind="stable")[: selection.top].tolist()
    names, values = labels.names, scores.tolist()
    return tuple(Prediction(names[i], values[i]) for i in order if values[i] >= selection.min_score)
