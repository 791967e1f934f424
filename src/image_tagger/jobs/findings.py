"""Predictions as jobs keep them: JSON of a label, its confidence, and where it has them its groups and its region."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from image_tagger.domain.geometry import Region
from image_tagger.domain.predictions import Prediction

Labels = list[dict[str, Any]]
DIGITS = 6  # of a confidence


def as_json(predictions: Iterable[Prediction]) -> Labels:
    """Predictions as JSON, in their order."""
    return [_wire(one) for one in predictions]


def of_json(labels: Iterable[Mapping[str, Any]]) -> tuple[Prediction, ...]:
    """The other way round."""
    return tuple(_prediction(one) for one in labels)


def _wire(one: Prediction) -> dict[str, Any]:
    wire: dict[str, Any] = {"label": one.label, "confidence": round(one.score, DIGITS)}
    if one.groups:
        wire["groups"] = list(one.groups)
    if one.region:
        wire["region"] = asdict(one.region)
    return wire


def _prediction(wire: Mapping[str, Any]) -> Prediction:
    region = Region(**wire["region"]) if "region" in wire else None
    return Prediction(wire["label"], wire["confidence"], tuple(wire.get("groups", ())), region)
