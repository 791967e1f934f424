"""Detections that a network lists one by one: a score, a class and a box each."""

from collections.abc import Sequence

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.predictions import Prediction
from image_tagger.models.detection.boxes import Floats, Order, corners
from image_tagger.models.detection.candidates import FAR, Candidates, Reading
from image_tagger.models.detection.columns import box_rows

LISTING = ("order", "class_ids", "first_class")  # the options that are read here


def read_list(reading: Reading, outputs: Sequence[Floats], order: Order, *, first: int) -> tuple[Prediction, ...]:
    """Scores (n,), classes (n,), boxes (n, 4) and perhaps a count, in any dimensions -> predictions, best first.

    order and first, the class number of the first label, hold where no option says another.
    Raises InvalidModel where the numbers of scores, classes and boxes differ.
    """
    scores, classes, boxes = outputs[0].ravel(), outputs[1].ravel(), box_rows(outputs[2])
    if not len(scores) == len(classes) == len(boxes):
        raise InvalidModel(f"the network gives {len(scores)} scores, {len(classes)} classes and {len(boxes)} boxes")
    count = _count(outputs[3]) if len(outputs) > 3 else len(scores)
    edges = corners(boxes[:count], reading.options.word("order", order))
    return reading.of_list(Candidates(edges, scores[:count], reading.positions(classes[:count], first)))


def _count(output: Floats) -> int:
    if output.size != 1 or not 0 <= output.ravel()[0] <= FAR:
        raise InvalidModel("the network's number of detections is no number")
    return int(output.ravel()[0])
