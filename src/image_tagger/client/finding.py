"""What a task has found, from its data: of a picture the predictions, of a film those of its frames as one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from image_tagger.domain.averages import Mean
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.geometry import Region
from image_tagger.domain.predictions import Prediction


@dataclass(frozen=True, slots=True)
class Wanted:
    """The best `top` (None: all) of the predictions that reach `min_confidence`; None: the model's own thresholds."""

    top: int | None = None
    min_confidence: float | None = None

    def __post_init__(self) -> None:
        if self.top is not None and self.top < 1:
            raise InvalidRequest("top must be at least 1")
        if not 0 <= self.least <= 1:
            raise InvalidRequest("min_confidence must be in 0..1")

    @property
    def least(self) -> float:
        """The least score as a number."""
        return self.min_confidence or 0.0


def predictions_of(data: Any, wanted: Wanted) -> tuple[Prediction, ...]:
    """The predictions of all outputs, best first."""
    found = [one for output in data["outputs"] for one in _of_output(output["labels"], wanted)]
    best = sorted((one for one in found if one.score >= wanted.least), key=lambda one: -one.score)
    return tuple(best[: wanted.top])


def _of_output(labels: Any, wanted: Wanted) -> Sequence[Prediction]:
    entries = [*labels["predicted"], *labels["discarded"]]
    if not any("sequence_index" in one for one in entries):
        return [_prediction(one) for one in entries]
    thresholds = {one["label_name"]: one["threshold"] for one in entries}  # a mean has its own place beside them
    found = _of_film(entries)
    strict = wanted.min_confidence is None
    return [one for one in found if not strict or one.score >= thresholds[one.label]]


def _of_film(entries: list[Any]) -> Sequence[Prediction]:
    """The mean over the frames, for which all predictions of each must be there; what has a place is left as it is."""
    frames: defaultdict[int, list[Prediction]] = defaultdict(list)
    for one in entries:
        frames[one["sequence_index"]].append(_prediction(one))
    if any(one.region for frame in frames.values() for one in frame):
        return [one for frame in frames.values() for one in frame]
    mean = Mean()
    for frame in frames.values():
        mean.add(tuple(sorted(frame, key=lambda one: -one.score)))
    return mean.best()


def _prediction(found: Any) -> Prediction:
    box = (found.get("roi") or {}).get("bbox")
    region = Region(**{side: box[side] for side in ("xmin", "ymin", "xmax", "ymax")}) if box else None
    return Prediction(found["label_name"], float(found["score"]), region=region)
