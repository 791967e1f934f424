"""YOLO grids that are still to be decoded: v2, v3, v4, and raw heads of v5 and v7; one output for each grid.

Outputs, each in one of these forms, with B boxes a cell: (rows, columns, B x (5 + labels)), the same with the last
dimension first, (rows, columns, B, 5 + labels), (B, rows, columns, 5 + labels) or (B, 5 + labels, rows, columns). A
box is its centre, its sides, objectness, and a score for each label, which is multiplied with the objectness. Options
beside the common ones (docs/detection.md):

anchors: width and height of the B boxes, one after the other, those of the first output first. Required.
anchor_unit: what the anchors count: cells (default for one output: v2) or pixels of the input (default for more: v3).
activation: of the labels' scores: softmax (default for one output: v2), sigmoid (default for more: v3) or none.
decoding: of the sides: exponential (default) or square, as in v5 and v7.
scale_xy: over how many cells a centre can move, one number for each output; default 1, for square 2; v4 needs it.
one_label: a box is only of its best label; default false.
"""

from enum import StrEnum

import numpy as np

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.detection.boxes import Floats, Order, corners
from image_tagger.models.detection.candidates import Kind, Reading
from image_tagger.models.detection.grids import grid
from image_tagger.models.preprocessing.placement import Placement
from image_tagger.models.reading.activations import Activation, activated, sigmoid
from image_tagger.models.running.tensors import Outputs

LOCATES = True
KIND = Kind(("anchors", "anchor_unit", "activation", "decoding", "scale_xy", "one_label"))


class AnchorUnit(StrEnum):
    """What the sides of an anchor count."""

    CELLS = "cells"
    PIXELS = "pixels"


class Decoding(StrEnum):
    """How the sides of a box follow from its numbers."""

    EXPONENTIAL = "exponential"
    SQUARE = "square"


def read(outputs: Outputs, spec: Spec, selection: Selection, placement: Placement) -> tuple[Prediction, ...]:
    """The cells of all grids -> the selected predictions, best first."""
    reading = Reading(KIND, outputs, spec, selection, placement)
    reading.needs("grid")
    levels = len(reading.outputs)
    anchors = _anchors(reading, levels)
    grids = [_cells(output, anchors.shape[1], 5 + reading.labels) for output in reading.outputs]
    boxes = [_boxes(reading, cells, anchors[level], level) for level, cells in enumerate(grids)]
    rows = np.concatenate([cells[..., 4:].reshape(-1, 1 + reading.labels) for cells in grids])
    default = Activation.SOFTMAX if levels == 1 else Activation.SIGMOID
    scores = activated(rows[:, 1:], reading.options.word("activation", default)) * sigmoid(rows[:, :1])
    one_label = reading.options.flag("one_label", default=False)
    return reading.of_matrix(corners(np.concatenate(boxes), Order.CXCYWH), scores, one_label=one_label)


def _anchors(reading: Reading, levels: int) -> Floats:
    """Width and height, (levels, B, 2)."""
    given = np.asarray(reading.options.numbers("anchors"), np.float32)
    if not given.size or given.size % (2 * levels):
        raise InvalidModel(f"`anchors` needs a width and a height for each box of the {levels} outputs")
    return given.reshape(levels, -1, 2)


def _cells(output: Floats, boxes: int, numbers: int) -> Floats:
    """One grid in any form -> (rows, columns, boxes, numbers)."""
    output = output.reshape(output.shape[1:]) if output.ndim in {4, 5} and output.shape[0] == 1 != boxes else output
    match output.shape:
        case (rows, columns, depth) if depth == boxes * numbers:
            return output.reshape(rows, columns, boxes, numbers)
        case (depth, rows, columns) if depth == boxes * numbers:
            return output.reshape(boxes, numbers, rows, columns).transpose(2, 3, 0, 1)
        case (_, _, found, depth) if (found, depth) == (boxes, numbers):
            return output
        case (found, _, _, depth) if (found, depth) == (boxes, numbers):
            return output.transpose(1, 2, 0, 3)
        case (found, depth, _, _) if (found, depth) == (boxes, numbers):
            return output.transpose(2, 3, 0, 1)
    shape = " x ".join(map(str, output.shape))
    raise InvalidModel(f"a grid of {shape} numbers does not fit {boxes} boxes of {numbers} numbers a cell")


def _boxes(reading: Reading, cells: Floats, anchors: Floats, level: int) -> Floats:
    """(rows, columns, B, numbers) -> centre and sides (rows * columns * B, 4) in fractions of the input."""
    options, (rows, columns) = reading.options, cells.shape[:2]
    squared = options.word("decoding", Decoding.EXPONENTIAL) is Decoding.SQUARE
    reach = _reach(reading, level, 2.0 if squared else 1.0)
    extent = np.asarray((columns, rows), np.float32)
    places = grid(rows, columns).reshape(rows, columns, 1, 2)
    middle = (sigmoid(cells[..., :2]) * reach - (reach - 1) / 2 + places) / extent
    with np.errstate(over="ignore"):
        growth = (2 * sigmoid(cells[..., 2:4])) ** 2 if squared else np.exp(cells[..., 2:4])
    unit = options.word("anchor_unit", AnchorUnit.CELLS if len(reading.outputs) == 1 else AnchorUnit.PIXELS)
    size = reading.placement.input
    per = extent if unit is AnchorUnit.CELLS else np.asarray((size.width, size.height), np.float32)
    return np.concatenate([middle, growth * anchors / per], axis=-1).reshape(-1, 4)


def _reach(reading: Reading, level: int, default: float) -> float:
    given = reading.options.numbers("scale_xy", count=len(reading.outputs))
    return given[level] if given else default
