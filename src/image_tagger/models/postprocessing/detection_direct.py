"""Finished boxes, each with a score and a class: `scores`, `classes`, `boxes`, and perhaps how many there are.

Outputs of TensorFlow's object detection API: scores (n,), classes (n,), boxes (n, 4) as ymin, xmin, ymax, xmax, and
num_detections. Outputs as the v0.7 protocol describes them: scores (n, labels), classes (n, labels), boxes (n, labels,
4) as xmin, ymin, xmax, ymax. Options beside the common ones (docs/detection.md; `nms_threshold` is 1 by default, since
such networks suppress overlaps themselves):

order: of a box; default yxyx for the first layout, xyxy for the second.
class_ids: for each label the class number that means it; others are dropped.
first_class: the class number of the first label where there are no class_ids; default 1.
"""

from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.detection.boxes import Order
from image_tagger.models.detection.candidates import Kind, Reading
from image_tagger.models.detection.listing import LISTING, read_list
from image_tagger.models.preprocessing.placement import Placement
from image_tagger.models.running.tensors import Outputs

LOCATES = True
KIND = Kind(LISTING, nms=1.0)


def read(outputs: Outputs, spec: Spec, selection: Selection, placement: Placement) -> tuple[Prediction, ...]:
    """Scores, classes and boxes -> the selected predictions, best first."""
    reading = Reading(KIND, outputs, spec, selection, placement)
    reading.needs("scores", "classes", "boxes")
    scores = reading.outputs[0]
    documented = scores.ndim == 2 and scores.shape[1] == reading.labels
    return read_list(reading, reading.outputs, Order.XYXY if documented else Order.YXYX, first=1)
