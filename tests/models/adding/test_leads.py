"""The margin is a number of root mean square errors of the leads that count."""

import numpy as np
import pytest

from image_tagger.models.adding.leads import margin


def test_it_is_twice_the_root_mean_square_error_of_a_lead() -> None:
    expected = np.array([[5.0, 4, 1], [0, 0.5, 3]])
    found = expected + np.array([[0.3, 0.1, 0.3], [0, 0, -0.4]])  # leads are off by 0.2 and 0, and by -0.4 twice
    assert margin(expected, found) == pytest.approx(2 * np.sqrt((0.2**2 + 0 + 2 * 0.4**2) / 4), rel=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_few_pictures_with_many_labels_are_enough(seed: int) -> None:
    random = np.random.default_rng(seed)
    expected, errors = random.normal(0, 14, (16, 1000)), random.normal(0, 0.15, (16, 1000))
    assert margin(expected, expected + errors) == pytest.approx(2 * 0.15 * np.sqrt(2), rel=0.3)


def test_what_is_off_for_all_labels_alike_moves_no_lead() -> None:
    expected = np.array([[5.0, 4, 1], [0, 0.5, 3]])
    assert margin(expected, expected + 7) == 0


def test_only_the_best_labels_count() -> None:
    expected = np.arange(100.0)[np.newaxis].repeat(16, 0)
    moved = np.where(expected < 80, 9.0, 0.0)
    assert margin(expected, expected + moved) == 0


@pytest.mark.parametrize("off", [float("nan"), float("inf")])
def test_nothing_is_trusted_to_be_seen_where_numbers_are_none(off: float) -> None:
    assert margin(np.array([[1.0, 0]]), np.array([[off, 0]])) == 0


def test_one_label_leads_nobody() -> None:
    assert margin(np.array([[1.0]]), np.array([[2.0]])) == 0
