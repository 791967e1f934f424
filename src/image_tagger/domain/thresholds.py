"""Which predictions count: those that reach the threshold of their label."""

from collections.abc import Iterable
from dataclasses import dataclass

from image_tagger.domain.predictions import Prediction
from image_tagger.domain.specs import Spec

DEFAULT = 0.5  # of a detector that has no thresholds and no `sure`


@dataclass(frozen=True, slots=True)
class Split:
    """Predictions whose score is at least their threshold, and the others; both in the order they came in."""

    predicted: tuple[Prediction, ...]
    discarded: tuple[Prediction, ...]


def threshold_at(position: int, spec: Spec, default: float = DEFAULT) -> float:
    """The threshold of the label at a position, else the specification's `sure`, else `default`.

    A group, which has no position among the labels (-1), has no threshold of its own.
    """
    if 0 <= position < len(spec.thresholds):
        return spec.thresholds[position]
    return spec.sure or default


def split(predictions: Iterable[Prediction], spec: Spec, default: float = DEFAULT) -> Split:
    """Predictions of one picture, by the thresholds of their labels."""
    predicted, discarded = list[Prediction](), list[Prediction]()
    for prediction in predictions:
        enough = prediction.score >= threshold_at(prediction.position, spec, default)
        (predicted if enough else discarded).append(prediction)
    return Split(tuple(predicted), tuple(discarded))
