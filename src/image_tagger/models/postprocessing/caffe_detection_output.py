"""The rows of Caffe's layer `DetectionOutput`, as OpenCV and OpenVINO give them, too.

Output: (1, 1, n, 7): number of the picture, class, score, xmin, ymin, xmax, ymax. A row whose first number is negative
ends them. The network needs `batched = false`. Options beside the common ones (docs/detection.md; `nms_threshold` is 1
by default, since the layer suppresses overlaps itself):

class_ids: for each label the class number that means it; others are dropped.
first_class: the class number of the first label where there are no class_ids; default 1, since 0 is the background.
"""

import numpy as np

from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.detection.candidates import Candidates, Kind, Reading
from image_tagger.models.detection.columns import box_rows
from image_tagger.models.preprocessing.placement import Placement
from image_tagger.models.running.tensors import Outputs

LOCATES = True
KIND = Kind(("class_ids", "first_class"), nms=1.0)


def read(outputs: Outputs, spec: Spec, selection: Selection, placement: Placement) -> tuple[Prediction, ...]:
    """Rows of seven numbers -> the selected predictions, best first."""
    reading = Reading(KIND, outputs, spec, selection, placement)
    reading.needs("detections")
    rows = box_rows(reading.outputs[0], columns=7)
    rows = rows[np.logical_and.accumulate(rows[:, 0] >= 0)]
    return reading.of_list(Candidates(rows[:, 3:], rows[:, 2], reading.positions(rows[:, 1], first=1)))
