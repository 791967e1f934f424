"""From scores to the predictions that were asked for, without making the others."""

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec

ROUNDING = 1e-3  # by which a score may be outside of 0..1


def ranked(scores: NDArray[np.floating], spec: Spec, selection: Selection) -> tuple[Prediction, ...]:
    """Scores (labels,) in 0..1 -> the selected predictions, best first; equal scores keep the labels' order.

    Raises InvalidModel where the network gives another number of scores than there are labels, what is no number, and
    what is outside of 0..1 by more than rounding.
    """
    if scores.shape != (len(spec.labels),):
        raise InvalidModel(f"the network gives {scores.size} scores for {len(spec.labels)} labels")
    if np.isnan(scores).any():
        raise InvalidModel("the network gives scores that are no numbers")
    order = np.argsort(-scores, kind="stable")
    scores = _bounded(scores, least=scores[order[-1]], most=scores[order[0]])
    if selection.sure:
        return _sure(scores.tolist(), spec, selection.min_score)
    order = order[: selection.top]
    best = scores[order]
    names, kept = spec.labels.names, np.count_nonzero(best >= selection.min_score)
    pairs = zip(order[:kept].tolist(), best[:kept].tolist(), strict=True)
    return tuple([Prediction(names[i], score, (), None, i) for i, score in pairs])  # a list: it may be a thousand


def _bounded(scores: NDArray[np.floating], *, least: np.floating, most: np.floating) -> NDArray[np.floating]:
    if least >= 0 and most <= 1:
        return scores
    if least < -ROUNDING or most > 1 + ROUNDING:
        raise InvalidModel("the network gives scores outside of 0..1: they may need another `activation`")
    return scores.clip(0, 1)


def _sure(scores: list[float], spec: Spec, min_score: float) -> tuple[Prediction, ...]:
    """The label or group that is sure enough; without a hierarchy the best label, if it is."""
    least = max(spec.sure, min_score)
    if spec.hierarchy is None:
        best = max(range(len(scores)), key=scores.__getitem__)
        return (Prediction(spec.labels.names[best], scores[best], position=best),) if scores[best] >= least else ()
    answer = spec.hierarchy.roll_up(scores, least)
    if answer is None:
        return ()
    *groups, label = spec.hierarchy.path(answer.position)
    position = answer.position if answer.position < len(spec.labels) else -1
    return (Prediction(label, answer.score, tuple(groups), position=position),)
