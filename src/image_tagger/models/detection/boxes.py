"""Boxes as networks write them, and as corners."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


class Order(StrEnum):
    """What the four numbers of a box are: edges, or centre and sides, or the upper left corner and sides."""

    XYXY = "xyxy"  # left, top, right, bottom
    YXYX = "yxyx"  # top, left, bottom, right
    CXCYWH = "cxcywh"  # centre, width, height
    CYCXHW = "cycxhw"  # the same, vertical first
    XYWH = "xywh"  # left, top, width, height


def corners(boxes: Floats, order: Order) -> Floats:
    """Boxes (..., 4) in any order -> (..., 4) left, top, right, bottom, in the same unit and type."""
    if order in {Order.YXYX, Order.CYCXHW}:
        boxes = boxes[..., [1, 0, 3, 2]]
    if order in {Order.XYXY, Order.YXYX}:
        return boxes
    start, sides = boxes[..., :2], boxes[..., 2:]
    if order is Order.XYWH:
        return np.concatenate([start, start + sides], axis=-1)
    return np.concatenate([start - sides / 2, start + sides / 2], axis=-1)


def centres(boxes: Floats) -> Floats:
    """Boxes (..., 4) left, top, right, bottom -> (..., 4) centre, width, height."""
    sides = boxes[..., 2:] - boxes[..., :2]
    return np.concatenate([boxes[..., :2] + sides / 2, sides], axis=-1)


def shifted(priors: Floats, offsets: Floats, variances: Floats) -> Floats:
    """Where regressed offsets move prior boxes: both (..., 4) centre, width, height -> the same.

    The centre moves by its offset in units of the prior's sides, the sides grow by the exponential of theirs; offsets
    are multiplied by `variances` (4,) first. A side that overflows is infinite.
    """
    moves = offsets * variances
    middle = priors[..., :2] + moves[..., :2] * priors[..., 2:]
    with np.errstate(over="ignore"):
        sides = priors[..., 2:] * np.exp(moves[..., 2:])
    return np.concatenate([middle, sides], axis=-1)


def overlaps(box: Floats, others: Floats) -> Floats:
    """The Jaccard index, 0..1, of a box (4,) with each of `others` (n, 4), all finite corners with positive sides."""
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = np.maximum(sides[:, 0], 0) * np.maximum(sides[:, 1], 0)
    return np.asarray(shared / (areas(others) + areas(box) - shared))


def areas(boxes: Floats) -> Floats:
    """Of boxes (..., 4) as corners -> (...)."""
    return np.asarray((boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1]))
