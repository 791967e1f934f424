"""YOLO heads that give whole boxes: v5 to v11 and their like, with and without their own suppression.

Output, in any of these forms, which its shape tells; option `head` says it where that can be read in two ways, and
for seven columns of `nms`:
v5: (n, 5 + labels): box, objectness, and a score for each label that is multiplied with it (v5, v6, v7, decoded YOLOX).
v8: (4 + labels, n) or (n, 4 + labels): box and scores (v8, v9, v11).
nms: (n, 6): left, top, right, bottom, score, class (v10, exports with `nms`), or (n, 7): picture, box, class, score.
Options beside the common ones (docs/detection.md):

head: auto (default), v5, v8 or nms.
order: of a box; default cxcywh, for nms xyxy.
activation: of the scores: none (default) or sigmoid.
one_label: a box is only of its best label; default true.
class_ids, first_class: for nms, which class number means which label; default those from 0.
"""

from enum import StrEnum

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.detection.boxes import Floats, Order, corners
from image_tagger.models.detection.candidates import Candidates, Coordinates, Kind, Reading
from image_tagger.models.detection.columns import matrix
from image_tagger.models.preprocessing.placement import Placement
from image_tagger.models.reading.activations import Activation, activated
from image_tagger.models.running.tensors import Outputs

LOCATES = True
KIND = Kind(("head", "order", "activation", "one_label", "class_ids", "first_class"), Coordinates.PIXELS)
LISTED = {6: (slice(0, 4), 4, 5), 7: (slice(1, 5), 6, 5)}  # columns -> those of the box, the score and the class


class Head(StrEnum):
    """What a row is."""

    AUTO = "auto"
    V5 = "v5"
    V8 = "v8"
    NMS = "nms"


def read(outputs: Outputs, spec: Spec, selection: Selection, placement: Placement) -> tuple[Prediction, ...]:
    """The rows of one output -> the selected predictions, best first."""
    reading = Reading(KIND, outputs, spec, selection, placement)
    reading.needs("boxes")
    rows = matrix(reading.outputs[0])
    head = _head(reading, rows)
    if head is Head.NMS:
        return _listed(reading, rows)
    if head is Head.V8 and rows.shape[1] != 4 + reading.labels:
        rows = rows.T
    boxes = corners(rows[:, :4], reading.options.word("order", Order.CXCYWH))
    scores = activated(rows[:, 4:], reading.options.word("activation", Activation.NONE))
    if head is Head.V5:
        scores = scores[:, 1:] * scores[:, :1]
    return reading.of_matrix(boxes, scores, one_label=reading.options.flag("one_label", default=True))


def _head(reading: Reading, rows: Floats) -> Head:
    head, (count, columns), labels = reading.options.word("head", Head.AUTO), rows.shape, reading.labels
    fits = {
        Head.V5: columns == 5 + labels,
        Head.V8: 4 + labels in {count, columns},
        Head.NMS: columns == 6 or (columns in LISTED and head is Head.NMS),
    }
    possible = [one for one, fit in fits.items() if fit and head in {one, Head.AUTO}]
    if len(possible) == 1:
        return possible[0]
    shape, named = f"{count} x {columns}", "" if head is Head.AUTO else f" in the form {head!r}"
    if not possible:
        raise InvalidModel(f"the network's output of {shape} numbers is none of {labels} labels{named}")
    raise InvalidModel(f"the output of {shape} numbers can be {' or '.join(possible)}: say which as `head`")


def _listed(reading: Reading, rows: Floats) -> tuple[Prediction, ...]:
    box, score, number = LISTED[rows.shape[1]]
    boxes = corners(rows[:, box], reading.options.word("order", Order.XYXY))
    return reading.of_list(Candidates(boxes, rows[:, score], reading.positions(rows[:, number], first=0)))
