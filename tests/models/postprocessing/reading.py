"""Outputs read by a postprocessing as the engine reads them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from image_tagger import plugins
from image_tagger.domain.geometry import Size
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.loaded import POSTPROCESSINGS
from image_tagger.models.preprocessing.placement import Placement

WHOLE = Placement.whole(Size(100, 200))  # pixels of the input that the picture covers
ALL = Selection()


def spec(kind: str, labels: Sequence[str] = ("cat", "dog"), **options: Any) -> Spec:
    return Spec(LabelSet(tuple(labels)), kind, tuple(options.items()))


def read(of: Spec, *outputs: Any, selection: Selection = ALL, placement: Placement = WHOLE) -> tuple[Prediction, ...]:
    arrays = tuple(np.asarray(output, np.float32) for output in outputs)
    found: tuple[Prediction, ...] = plugins.load(POSTPROCESSINGS, of.postprocessing).read(
        arrays, of, selection, placement
    )
    return found


def told(predictions: Sequence[Prediction]) -> list[tuple[Any, ...]]:
    """Label, score and edges, rounded."""
    return [(one.label, round(one.score, 4), *(round(edge, 4) for edge in edges(one))) for one in predictions]


def edges(one: Prediction) -> tuple[float, float, float, float]:
    assert one.region is not None
    return one.region.xmin, one.region.ymin, one.region.xmax, one.region.ymax
