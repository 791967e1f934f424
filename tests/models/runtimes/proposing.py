"""Faster-RCNN's proposals, computed plainly: what OpenCV's layer is compared with."""

import numpy as np
from numpy.typing import NDArray

STRIDE, SIDE, LEAST, OVERLAP, MOST = 16, 16, 16, 0.7, 300
Array = NDArray[np.float64]


def proposals(scores: NDArray[np.float32], deltas: NDArray[np.float32], height: int, width: int) -> Array:
    """Scores (9, rows, columns) and deltas (36, rows, columns) -> boxes x1 y1 x2 y2 in pixels, best first."""
    rows, columns = scores.shape[1:]
    boxes = _moved(_anchors(rows, columns), deltas.astype(np.float64).transpose(1, 2, 0).reshape(-1, 4))
    boxes[:, 0::2] = boxes[:, 0::2].clip(0, width - 1)
    boxes[:, 1::2] = boxes[:, 1::2].clip(0, height - 1)
    large = ((boxes[:, 2:] - boxes[:, :2] + 1) >= LEAST).all(axis=1)
    order = np.argsort(-scores.transpose(1, 2, 0).ravel()[large], kind="stable")
    return _apart(boxes[large][order])[:MOST]


def _anchors(rows: int, columns: int) -> Array:
    sizes = []
    for ratio in (0.5, 1, 2):
        width = np.round(SIDE / ratio**0.5)
        sizes += [(width * scale, np.round(width * ratio) * scale) for scale in (8, 16, 32)]
    half = (np.array(sizes) - 1) / 2
    one = (SIDE - 1) / 2 + np.concatenate([-half, half], axis=1)
    across, down = np.meshgrid(np.arange(columns) * STRIDE, np.arange(rows) * STRIDE)
    moves = np.stack([across, down, across, down], axis=-1).reshape(-1, 1, 4)
    anchors: Array = (one + moves).reshape(-1, 4)
    return anchors


def _moved(anchors: Array, deltas: Array) -> Array:
    sides = anchors[:, 2:] - anchors[:, :2] + 1
    centres = anchors[:, :2] + sides / 2 + deltas[:, :2] * sides
    half = np.exp(deltas[:, 2:]) * sides / 2
    return np.concatenate([centres - half, centres + half], axis=1)


def _apart(boxes: Array) -> Array:
    kept: list[Array] = []
    for box in boxes:
        if all(_overlap(box, other) <= OVERLAP for other in kept):
            kept.append(box)
    return np.array(kept)


def _overlap(one: Array, two: Array) -> float:
    inside = np.clip(np.minimum(one[2:], two[2:]) - np.maximum(one[:2], two[:2]) + 1, 0, None).prod()
    areas = sum((box[2:] - box[:2] + 1).prod() for box in (one, two))
    return float(inside / (areas - inside))
