"""Queries of DETR, RT-DETR, RF-DETR and their like: `logits`, then `boxes`.

Outputs: logits (queries, labels), with a last column for "no object" where they are exclusive; boxes (queries, 4) as
centre and sides in 0..1. Options beside the common ones (docs/detection.md; `nms_threshold` is 1 by default, since
every query looks for an object of its own):

activation: softmax (default), where each query has one label and the last column is no object; or sigmoid, where each
label stands for itself, as in RT-DETR and RF-DETR.
background: the column that is no label: none, first, last; default last for softmax, else none.
one_label: a query is only of its best label; default true for softmax, else false.
order: of a box; default cxcywh.
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
KIND = Kind(("activation", "background", "one_label", "order"), nms=1.0)


def read(outputs: Outputs, spec: Spec, selection: Selection, placement: Placement) -> tuple[Prediction, ...]:
    """Logits and boxes -> the selected predictions, best first."""
    reading = Reading(KIND, outputs, spec, selection, placement)
    reading.needs("logits", "boxes")
    exclusive = reading.options.word("activation", Activation.SOFTMAX) is Activation.SOFTMAX
    boxes = box_rows(reading.outputs[1])
    scores = label_scores(reading, boxes, Activation.SOFTMAX, Background.LAST if exclusive else Background.NONE)
    edges = corners(boxes, reading.options.word("order", Order.CXCYWH))
    return reading.of_matrix(edges, scores, one_label=reading.options.flag("one_label", default=exclusive))
