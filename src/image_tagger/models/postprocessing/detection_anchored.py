"""Faster-RCNN and its like: proposals, and for each label a score and offsets: `scores`, `anchors`, `offsets`.

Outputs: scores (n, 1 + labels), the first column for the background; anchors (n, 5), as Caffe's `rois`, whose first
column is read over, or (n, 4); offsets (n, 4 x (1 + labels)) of centre and sides, or (n, 4) and (n, 8) for all labels
together. Options beside the common ones (docs/detection.md; `coordinates` is pixels by default):

anchor_order: of an anchor: xyxy (default, as in Caffe) or xywh, as the v0.7 protocol describes it; cxcywh.
inclusive: an anchor's right and bottom edge are its last pixels, as in Caffe; default true, for `unit` false.
background: the column of the scores that is no label: first (default), none, last.
activation: of the scores: none (default), softmax or sigmoid.
variances: four factors of the offsets; default 1, 1, 1, 1.
one_label: a box is only of its best label; default false.
"""

import numpy as np

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.detection.boxes import Floats, Order, centres, corners, shifted
from image_tagger.models.detection.candidates import Coordinates, Kind, Reading
from image_tagger.models.detection.columns import Background, box_rows, label_scores
from image_tagger.models.preprocessing.placement import Placement
from image_tagger.models.reading.activations import Activation
from image_tagger.models.running.tensors import Outputs

LOCATES = True
OPTIONS = ("anchor_order", "inclusive", "background", "activation", "variances", "one_label")
KIND = Kind(OPTIONS, Coordinates.PIXELS)


def read(outputs: Outputs, spec: Spec, selection: Selection, placement: Placement) -> tuple[Prediction, ...]:
    """Scores, anchors and offsets -> the selected predictions, best first."""
    reading = Reading(KIND, outputs, spec, selection, placement)
    reading.needs("scores", "anchors", "offsets")
    anchors = _anchors(reading)
    scores = label_scores(reading, anchors, Activation.NONE, Background.FIRST)
    offsets = _offsets(reading, len(anchors))
    variances = np.asarray(reading.options.numbers("variances", (1, 1, 1, 1), count=4), np.float32)
    boxes = corners(shifted(anchors[:, None], offsets, variances), Order.CXCYWH)
    return reading.of_matrix(boxes, scores, one_label=reading.options.flag("one_label", default=False))


def _anchors(reading: Reading) -> Floats:
    """Centres and sides, (n, 4)."""
    given = reading.outputs[1]
    rows = box_rows(given, 5)[:, 1:] if given.ndim and given.shape[-1] == 5 else box_rows(given)
    edges = corners(rows, reading.options.word("anchor_order", Order.XYXY))
    if reading.options.flag("inclusive", default=not reading.in_units):
        edges = edges + np.array((0, 0, 1, 1), np.float32)
    return centres(edges)


def _offsets(reading: Reading, anchors: int) -> Floats:
    """(n, labels, 4); where all labels share them, the same for each."""
    given, labels = reading.outputs[2], reading.labels
    if not anchors or given.size % (4 * anchors):
        if anchors or given.size:
            raise InvalidModel(f"the network gives {given.size} offsets for {anchors} proposals")
        return np.zeros((0, labels, 4), np.float32)
    found = given.reshape(anchors, -1, 4)
    if found.shape[1] in {labels, labels + 1}:
        background = reading.options.word("background", Background.FIRST)
        return found[:, :labels] if background is Background.LAST else found[:, -labels:]
    if found.shape[1] in {1, 2}:
        return np.repeat(found[:, -1:], labels, axis=1)
    raise InvalidModel(f"the network gives {found.shape[1]} offsets a proposal for {labels} labels")
