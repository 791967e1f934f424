"""From scores to the predictions that were asked for, without making the others."""

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec


def ranked(scores: NDArray[np.floating], spec: Spec, selection: Selection) -> tuple[Prediction, ...]:
    """Scores (labels,) in 0..1 -> the selected predictions, best first; equal scores keep the labels' order.

    Raises InvalidModel where the network gives another number of scores than there are labels.
    """
    if scores.shape != (len(spec.labels),):
        raise InvalidModel(f"the network gives {scores.size} scores for {len(spec.labels)} labels")
    if selection.sure:
        return _sure(scores.tolist(), spec, selection.min_score)
    order = np.argsort(-scores, kind="stable")[: selection.top].tolist()
    names, values = spec.labels.names, scores.tolist()
    return tuple(Prediction(names[i], values[i]) for i in order if values[i] >= selection.min_score)


def _sure(scores: list[float], spec: Spec, min_score: float) -> tuple[Prediction, ...]:
    """The label or group that is sure enough; without a hierarchy the best label, if it is."""
    least = max(spec.sure, min_score)
    if spec.hierarchy is None:
        best = max(range(len(scores)), key=scores.__getitem__)
        return (Prediction(spec.labels.names[best], scores[best]),) if scores[best] >= least else ()
    answer = spec.hierarchy.roll_up(scores, least)
    if answer is None:
        return ()
    *groups, label = spec.hierarchy.path(answer.position)
    return (Prediction(label, answer.score, tuple(groups)),)
