"""TFLite's `TFLite_Detection_PostProcess`: `boxes`, `classes`, `scores`, `count`, in the order in which it gives them.

Outputs: boxes (n, 4) as ymin, xmin, ymax, xmax in 0..1, classes (n,), scores (n,), count (1,). Options beside the
common ones (docs/detection.md; `nms_threshold` is 1 by default, since the operator suppresses overlaps itself):

order: of a box; default yxyx.
class_ids: for each label the class number that means it; others are dropped.
first_class: the class number of the first label where there are no class_ids; default 0.
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
    """Boxes, classes, scores and their count -> the selected predictions, best first."""
    reading = Reading(KIND, outputs, spec, selection, placement)
    reading.needs("boxes", "classes", "scores", "count")
    boxes, classes, scores, count = reading.outputs[:4]
    return read_list(reading, (scores, classes, boxes, count), Order.YXYX, first=0)
