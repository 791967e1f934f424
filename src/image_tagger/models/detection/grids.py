"""The cells of the grids that networks lay over their input, and the prior boxes in them."""

import math
from functools import lru_cache

import numpy as np

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.models.detection.boxes import Floats

MOST_CELLS = 1_000_000  # of all grids together, and as many prior boxes; the largest detectors have 10^5


def grid(rows: int, columns: int) -> Floats:
    """Column and row of each cell, row by row: float32 (rows * columns, 2)."""
    down, across = np.mgrid[:rows, :columns]
    return np.stack([across.ravel(), down.ravel()], axis=1).astype(np.float32)


@lru_cache(maxsize=16)
def cells(size: Size, strides: tuple[float, ...]) -> tuple[Floats, Floats]:
    """Column and row (n, 2), and side in pixels (n,), of the cells of one grid for each stride; float32.

    A cell that the input covers in part counts. Raises InvalidModel for strides below 1 and too many cells.
    """
    sides = _sides(size, strides)
    places = [np.zeros((0, 2), np.float32), *(grid(rows, columns) for rows, columns in sides)]
    lengths = [rows * columns for rows, columns in sides]
    return np.concatenate(places), np.repeat(np.asarray(strides, np.float32), lengths)


@lru_cache(maxsize=16)
def priors(
    size: Size, strides: tuple[float, ...], anchors: tuple[float, ...], counts: tuple[float, ...], *, clip: bool
) -> Floats:
    """Prior boxes in the middle of cells, cell by cell: float32 (n, 4) centre and sides in fractions of the input.

    anchors: width and height in pixels, one after the other; counts: how many of them a cell of each grid has.
    clip: no number of a box is above 1. Raises InvalidModel where these contradict each other or make too many boxes.
    """
    if len(counts) != len(strides) or 2 * sum(counts) != len(anchors) or not all(n >= 1 and n % 1 == 0 for n in counts):
        raise InvalidModel("`anchor_counts` needs a whole number for each of the `strides`, and their sum of `anchors`")
    made = (rows * columns * count for (rows, columns), count in zip(_sides(size, strides), counts, strict=True))
    if sum(made) > MOST_CELLS:
        raise InvalidModel(f"the `strides` and `anchor_counts` make more than {MOST_CELLS} prior boxes")
    pairs = np.asarray(anchors, np.float32).reshape(-1, 2)
    levels, first = list[Floats](), 0
    for stride, count in zip(strides, map(int, counts), strict=True):
        places, _ = cells(size, (stride,))
        middle = np.repeat((places + 0.5) * stride, count, axis=0)
        levels.append(np.concatenate([middle, np.tile(pairs[first : first + count], (len(places), 1))], axis=1))
        first += count
    boxes = np.concatenate(levels) / np.tile(np.array((size.width, size.height), np.float32), 2)
    return np.asarray(boxes.clip(0, 1) if clip else boxes, np.float32)


def _sides(size: Size, strides: tuple[float, ...]) -> list[tuple[int, int]]:
    """Rows and columns of each grid."""
    if not all(stride >= 1 for stride in strides):
        raise InvalidModel("`strides` must be at least 1")
    sides = [(math.ceil(size.height / stride), math.ceil(size.width / stride)) for stride in strides]
    if sum(rows * columns for rows, columns in sides) > MOST_CELLS:
        raise InvalidModel(f"the `strides` make more than {MOST_CELLS} cells")
    return sides
