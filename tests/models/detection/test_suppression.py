"""Suppression against the same written as two loops."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from image_tagger.models.detection.suppression import kept

Boxes = NDArray[np.float64]


def overlap(one: list[float], other: list[float]) -> float:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    if across <= 0 or down <= 0:
        return 0.0
    first, second = ((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return across * down / (first + second - across * down)


def reference(boxes: Boxes, classes: NDArray[Any], threshold: float, most: int | None) -> list[int]:
    """Each box, the best first, stays unless a box of its class that stays covers too much of it."""
    stay: list[int] = []
    for place, box in enumerate(boxes.tolist()):
        covered = (overlap(boxes[i].tolist(), box) > threshold for i in stay if classes[i] == classes[place])
        if not any(covered):
            stay.append(place)
    return stay[:most]


@st.composite
def boxes_on_a_coarse_grid(draw: st.DrawFn) -> Boxes:
    """Few different edges, so that equal boxes and equal overlaps come up often."""
    edges = st.integers(0, 6)
    box = st.tuples(edges, edges, st.integers(1, 4), st.integers(1, 4))
    found = draw(st.lists(box, max_size=30))
    return np.array([(x, y, x + w, y + h) for x, y, w, h in found], np.float64).reshape(-1, 4)


@given(
    boxes=boxes_on_a_coarse_grid(),
    classes=st.lists(st.integers(0, 2), min_size=30, max_size=30),
    threshold=st.sampled_from([0.0, 0.25, 1 / 3, 0.45, 0.5, 0.75, 1.0]),
    most=st.none() | st.integers(1, 5),
)
def test_what_stays_is_what_two_loops_keep(
    boxes: Boxes, classes: list[int], threshold: float, most: int | None
) -> None:
    numbers = np.array(classes[: len(boxes)], np.intp)
    assert kept(boxes, numbers, threshold, most).tolist() == reference(boxes, numbers, threshold, most)


def test_exactly_the_threshold_is_not_above_it() -> None:
    halves = np.array([(0, 0, 2, 1), (0, 0, 1, 1)], np.float64)  # the Jaccard index is 1/2
    same = np.zeros(2, np.intp)
    assert kept(halves, same, 0.5).tolist() == [0, 1]
    assert kept(halves, same, 0.499).tolist() == [0]


def test_boxes_of_different_classes_do_not_suppress_each_other() -> None:
    twice = np.array([(0, 0, 1, 1), (0, 0, 1, 1)], np.float64)
    assert kept(twice, np.array([0, 1]), 0.1).tolist() == [0, 1]


@pytest.mark.parametrize("most", [1, 2, 7])
def test_at_most_so_many_stay(most: int) -> None:
    apart = np.array([(i, 0, i + 1, 1) for i in range(5)], np.float64)
    assert kept(apart, np.zeros(5, np.intp), 0.5, most).tolist() == [*range(min(most, 5))]


def test_no_boxes_leave_no_boxes() -> None:
    assert kept(np.zeros((0, 4)), np.zeros(0, np.intp), 0.5).tolist() == []
