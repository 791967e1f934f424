"""SSD: offsets from prior boxes: `scores`, `offsets`, and perhaps `priors`.

Outputs: scores (n, labels), with a column for the background; offsets (n, 4) of centre and sides; priors, if the
network gives them: (n, 4), or Caffe's (2, 4 n), where the second row are the variances. Without that output they are
made of the options. Options beside the common ones (docs/detection.md):

background: the column of the scores that is no label: first (default), none, last.
activation: softmax, sigmoid or none (default).
variances: four factors of the offsets; default 0.1, 0.1, 0.2, 0.2.
order: of the offsets: cxcywh (default) or cycxhw, as in TensorFlow.
prior_order: of the boxes of the output `priors`; default xyxy, as in Caffe; cycxhw and cxcywh are centres and sides.
strides: of the grids in pixels of the input, in the order of the rows.
anchors: width and height in pixels of the prior boxes, one after the other, those of the first grid first.
anchor_counts: how many of them a cell of each grid has.
clip: no number of a prior box made of these options is above 1; default true.
one_label: a box is only of its best label; default false.
"""

import numpy as np

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.detection.boxes import Floats, Order, centres, corners, shifted
from image_tagger.models.detection.candidates import Kind, Reading
from image_tagger.models.detection.columns import Background, box_rows, label_scores
from image_tagger.models.detection.grids import priors
from image_tagger.models.preprocessing.placement import Placement
from image_tagger.models.reading.activations import Activation
from image_tagger.models.running.tensors import Outputs

LOCATES = True
MADE = ("strides", "anchors", "anchor_counts", "clip")
KIND = Kind(("background", "activation", "variances", "order", "prior_order", "one_label", *MADE))
VARIANCES = (0.1, 0.1, 0.2, 0.2)


def read(outputs: Outputs, spec: Spec, selection: Selection, placement: Placement) -> tuple[Prediction, ...]:
    """Scores and offsets -> the selected predictions, best first."""
    reading = Reading(KIND, outputs, spec, selection, placement)
    reading.needs("scores", "offsets")
    offsets = box_rows(reading.outputs[1])
    if reading.options.word("order", Order.CXCYWH) is Order.CYCXHW:
        offsets = offsets[:, [1, 0, 3, 2]]
    places, variances = _priors(reading)
    if len(places) != len(offsets):
        raise InvalidModel(f"there are {len(places)} prior boxes for {len(offsets)} offsets")
    boxes = corners(shifted(places, offsets, variances), Order.CXCYWH)
    scores = label_scores(reading, boxes, Activation.NONE, Background.FIRST)
    return reading.of_matrix(boxes, scores, one_label=reading.options.flag("one_label", default=False))


def _priors(reading: Reading) -> tuple[Floats, Floats]:
    """Centres and sides (n, 4), and variances (4,) or (n, 4)."""
    options = reading.options
    variances = np.asarray(options.numbers("variances", VARIANCES, count=4), np.float32)
    if len(reading.outputs) < 3:
        strides, anchors, counts = (options.numbers(name) for name in MADE[:3])
        clip = options.flag("clip", default=True)
        return priors(reading.placement.input, strides, anchors, counts, clip=clip), variances
    given = reading.outputs[2]
    if given.shape[-1] != 4 and given.ndim >= 2 and given.shape[-2] == 2:
        given, own = given.reshape(2, -1, 4)
        variances = own if "variances" not in options else variances
    return centres(corners(box_rows(given), options.word("prior_order", Order.XYXY))), variances
