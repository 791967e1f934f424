"""Finished boxes with a score for every label: `scores`, then `boxes`.

Outputs: scores (n, labels), with a column for the background where there is one; boxes (n, 4). So do RFB-320 (ONNX),
YOLO-NAS (`coordinates` pixels), networks that have done their own suppression (`nms_threshold` 1), and MTCNN (`order`
yxyx). Options beside the common ones (docs/detection.md):

order: of a box: xyxy (default), yxyx, cxcywh, cycxhw, xywh.
background: the column of the scores that is no label: none (default), first, last.
activation: none (default), sigmoid or softmax.
one_label: a box is only of its best label; default false.
"""

from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.detection.boxes import Order, corners
from image_tagger.models.detection.candidates import Kind, Reading
from image_tagger.models.detection.columns import Background, box_rows, label_scores
from image_tagger.models.preprocessing.placement import Placement
from image_tagger.models.reading.activations import Activation
from image_tagger.models.running.tensors import Outputs

LOCATES = True
KIND = Kind(("order", "background", "activation", "one_label"))


def read(outputs: Outputs, spec: Spec, selection: Selection, placement: Placement) -> tuple[Prediction, ...]:
    """Scores and boxes -> the selected predictions, best first."""
    reading = Reading(KIND, outputs, spec, selection, placement)
    reading.needs("scores", "boxes")
    boxes = box_rows(reading.outputs[1])
    scores = label_scores(reading, boxes, Activation.NONE, Background.NONE)
    edges = corners(boxes, reading.options.word("order", Order.XYXY))
    return reading.of_matrix(edges, scores, one_label=reading.options.flag("one_label", default=False))
