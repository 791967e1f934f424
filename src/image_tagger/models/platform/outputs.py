"""`post_processings` of the v0.7 protocol -> which tensors are read, and how they become labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from image_tagger import plugins
from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.recognition import WHOLE_PICTURE, Labels, Roi
from image_tagger.domain.specs import Constant, Spec
from image_tagger.models.loaded import POSTPROCESSINGS
from image_tagger.models.reading.options import LARGEST

Json = Mapping[str, Any]
Value = float | str | bool | tuple[float, ...]
Decoder = tuple[str, tuple[str, ...], dict[str, Value]]  # the postprocessing, the tensors in its order, its options


@dataclass(frozen=True, slots=True)
class Reading:
    """The tensors that are read, in the postprocessing's order, and the specification that reads them."""

    tensors: tuple[str, ...]
    spec: Spec


def reading_of(entry: Json, labels: Labels, constants: tuple[Constant, ...]) -> Reading:
    """How one output of a specification is read. Raises InvalidModel for an entry that does not fit the output."""
    thresholds = tuple(entry_of(entry).get("thresholds") or ())
    if thresholds and len(thresholds) != len(labels.names):
        raise InvalidModel(f"there are {len(thresholds)} thresholds for {len(labels.names)} labels")
    if entry.get("classification") is not None:
        return _classification(entry["classification"], labels, thresholds)
    if labels.roi is Roi.NONE:
        raise InvalidModel("a detection needs a specification with the roi BBOX")
    return _detection(entry["detection"], labels, thresholds, constants)


def entry_of(entry: Json) -> Json:
    """What stands under the one kind of a post-processing."""
    found: Json = entry.get("classification") or entry["detection"]
    return found


def with_thresholds(entry: Json, labels: Labels) -> dict[str, Any]:
    """The same entry with a threshold for every label."""
    kind = "classification" if entry.get("classification") is not None else "detection"
    thresholds = entry[kind].get("thresholds") or [labels.default_threshold] * len(labels.names)
    return {kind: {**entry[kind], "thresholds": thresholds}}


def _classification(entry: Json, labels: Labels, thresholds: tuple[float, ...]) -> Reading:
    if labels.roi is not Roi.NONE:
        raise InvalidModel("a specification with the roi BBOX needs a detection")
    kind = "classification" if labels.exclusive else "tagging"
    activation = entry.get("activation") or "none"  # scores are answered as they are
    if activation == ("sigmoid" if labels.exclusive else "softmax"):
        raise InvalidModel(f"labels that are {'' if labels.exclusive else 'not '}exclusive have no {activation}")
    spec = Spec(LabelSet(labels.names), kind, (("activation", activation),), thresholds=thresholds)
    return Reading((entry["output_tensor"],), spec)


def _detection(entry: Json, labels: Labels, thresholds: tuple[float, ...], constants: tuple[Constant, ...]) -> Reading:
    decoder = next(name for name in DECODERS if entry.get(name) is not None)
    kind, tensors, options = DECODERS[decoder](entry[decoder], labels)
    found: dict[str, Value] = {name: entry[name] for name in ("nms_threshold", "discard_threshold")}
    measure = entry.get("normalize_wrt_tensor") or ""
    if measure in {constant.tensor for constant in constants}:
        found["coordinates"] = "pixels"  # such a constant tells the network the size of its input
    elif measure:
        found["coordinates"] = "tensor"
        tensors = (*tensors, measure)
    elif decoder in MEASURED:
        found["coordinates"] = "unit"
    return Reading(tensors, Spec(LabelSet(labels.names), kind, tuple((found | options).items()), thresholds=thresholds))


def _anchored(entry: Json, _: Labels) -> Decoder:
    return "detection_anchored", (entry["scores_tensor"], entry["anchors_tensor"], entry["offsets_tensor"]), {}


def _direct(entry: Json, labels: Labels) -> Decoder:
    tensors = (entry["scores_tensor"], entry["classes_tensor"], entry["boxes_tensor"])
    return "detection_direct", tensors, {"class_ids": tuple(map(_class_number, labels.ids))}


def _class_number(number: int) -> float:
    """An id may be one that no class has: it stays such, as a number that an option may be."""
    return float(max(-LARGEST, min(number, LARGEST)))


def _yolo(entry: Json, _: Labels) -> Decoder:
    return "yolo_grid", (entry["output_tensor"],), {"anchors": tuple(float(value) for value in entry["anchors"])}


def _custom(entry: Json, _: Labels) -> Decoder:
    """Any postprocessing of this product by its name, which the protocol does not have."""
    kind = entry["postprocessing"]
    if kind not in plugins.names(POSTPROCESSINGS) or kind in WHOLE_PICTURE:
        known = (name for name in plugins.names(POSTPROCESSINGS) if name not in WHOLE_PICTURE)
        raise InvalidModel(f"{str(kind)[:80]!r} finds no regions; these do: {', '.join(known)}")
    options = {name: tuple(value) if isinstance(value, list) else value for name, value in entry["options"].items()}
    return kind, tuple(entry["output_tensors"]), options


DECODERS = {
    "anchored_output": _anchored,
    "direct_output": _direct,
    "yolo_output": _yolo,
    "custom_output": _custom,
}
MEASURED = frozenset({"anchored_output", "direct_output"})  # the protocol says by what their boxes are measured
