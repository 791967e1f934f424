"""Boxes in every order are the same boxes."""

import numpy as np
import pytest

from image_tagger.models.detection.boxes import Order, centres, corners, overlaps, shifted

WRITTEN = {
    Order.XYXY: (10, 20, 30, 60),
    Order.YXYX: (20, 10, 60, 30),
    Order.CXCYWH: (20, 40, 20, 40),
    Order.CYCXHW: (40, 20, 40, 20),
    Order.XYWH: (10, 20, 20, 40),
}


@pytest.mark.parametrize("order", Order)
def test_every_order_becomes_corners(order: Order) -> None:
    assert corners(np.array([WRITTEN[order]], np.float32), order).tolist() == [[10, 20, 30, 60]]


def test_corners_become_centres_and_come_back() -> None:
    box = np.array([[10, 20, 30, 60]], np.float32)
    assert centres(box).tolist() == [[20, 40, 20, 40]]
    assert corners(centres(box), Order.CXCYWH).tolist() == box.tolist()


def test_offsets_move_by_sides_and_grow_by_powers() -> None:
    prior = np.array([[0.5, 0.5, 0.2, 0.4]])
    moved = shifted(prior, np.array([[1.0, -1.0, np.log(2), 0.0]]), np.array((0.1, 0.1, 1.0, 1.0)))
    assert moved[0] == pytest.approx((0.52, 0.46, 0.4, 0.4))


def test_an_overflowing_side_has_infinite_edges() -> None:
    wide = shifted(np.array([[0.5, 0.5, 0.2, 0.2]]), np.array([[0.0, 0.0, 1e6, 0.0]]), np.ones(4))
    assert corners(wide, Order.CXCYWH)[0].tolist() == pytest.approx([-np.inf, 0.4, np.inf, 0.6])


def test_overlaps_are_shares_of_what_both_cover() -> None:
    others = np.array([(0, 0, 2, 2), (1, 0, 3, 2), (2, 2, 3, 3), (5, 5, 6, 6)], np.float64)
    assert overlaps(np.array((0.0, 0.0, 2.0, 2.0)), others).tolist() == [1, 1 / 3, 0, 0]
