"""YOLOX's heads where the network leaves the decoding to others, as its own ONNX export does.

Output: (cells, 5 + labels): for every cell of every grid, row by row: centre (in cells, from the cell's corner), sides
(logarithm, in cells), objectness, and a score for each label; a score is multiplied with the objectness. An export that
decodes (`--decode_in_inference`) is read by `yolo`. Options beside the common ones (docs/detection.md):

strides: sides of the cells in pixels of the input, in the order of the rows; default 8, 16, 32.
activation: of objectness and scores: none (default: the network has done it) or sigmoid.
one_label: a box is only of its best label; default true.
"""

import numpy as np

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.detection.boxes import Order, corners
from image_tagger.models.detection.candidates import Coordinates, Kind, Reading
from image_tagger.models.detection.columns import box_rows
from image_tagger.models.detection.grids import cells
from image_tagger.models.preprocessing.placement import Placement
from image_tagger.models.reading.activations import Activation, activated
from image_tagger.models.running.tensors import Outputs

LOCATES = True
KIND = Kind(("strides", "activation", "one_label"), Coordinates.PIXELS)


def read(outputs: Outputs, spec: Spec, selection: Selection, placement: Placement) -> tuple[Prediction, ...]:
    """The cells of all grids -> the selected predictions, best first."""
    reading = Reading(KIND, outputs, spec, selection, placement)
    reading.needs("cells")
    rows = box_rows(reading.outputs[0], 5 + reading.labels)
    places, strides = cells(placement.input, reading.options.numbers("strides", (8, 16, 32)))
    if len(places) != len(rows):
        raise InvalidModel(f"the network gives {len(rows)} cells; its input and `strides` make {len(places)}")
    with np.errstate(over="ignore"):
        sides = np.exp(rows[:, 2:4])
    boxes = np.concatenate([rows[:, :2] + places, sides], axis=1) * strides[:, None]
    scores = activated(rows[:, 4:], reading.options.word("activation", Activation.NONE))
    one_label = reading.options.flag("one_label", default=True)
    return reading.of_matrix(corners(boxes, Order.CXCYWH), scores[:, 1:] * scores[:, :1], one_label=one_label)
