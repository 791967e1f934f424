"""Rows of Darknet's YOLO layers as OpenCV gives them: one output for each layer.

Outputs: (n, 5 + labels): centre and sides in 0..1, objectness, and scores that it is multiplied with already. Options
beside the common ones (docs/detection.md):

one_label: a box is only of its best label; default true.
"""

import numpy as np

from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.detection.boxes import Order, corners
from image_tagger.models.detection.candidates import Kind, Reading
from image_tagger.models.detection.columns import box_rows
from image_tagger.models.preprocessing.placement import Placement
from image_tagger.models.running.tensors import Outputs

LOCATES = True
KIND = Kind(("one_label",))


def read(outputs: Outputs, spec: Spec, selection: Selection, placement: Placement) -> tuple[Prediction, ...]:
    """The rows of all layers -> the selected predictions, best first."""
    reading = Reading(KIND, outputs, spec, selection, placement)
    reading.needs("rows")
    rows = np.concatenate([box_rows(output, 5 + reading.labels) for output in reading.outputs])
    one_label = reading.options.flag("one_label", default=True)
    return reading.of_matrix(corners(rows[:, :4], Order.CXCYWH), rows[:, 5:], one_label=one_label)
