"""Accuracy, calibration and confusions, on answers whose quality is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from training.metrics import Confusion, calibration_error, confusions, fit_temperature, hardest, hits, loss, softmax

TRUTH = np.array([0, 1, 2, 2])
SCORES = np.array([[9.0, 1, 0], [5, 4, 0], [3, 2, 1], [0, 1, 2]])


def drawn(temperature: float, count: int = 20_000) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Logits, and classes drawn with the probabilities softmax(logits / temperature)."""
    generator = np.random.default_rng(7)
    logits = generator.normal(0, 3, (count, 5))
    cumulated = softmax(logits / temperature).cumsum(axis=1)
    return logits, (generator.random((count, 1)) > cumulated).sum(axis=1)


def test_probabilities_add_up_to_one_even_for_huge_logits() -> None:
    assert softmax(np.array([[1000.0, 1000, -1000]])).tolist() == [[0.5, 0.5, 0]]


@pytest.mark.parametrize(("top", "right"), [(1, [1, 0, 0, 1]), (2, [1, 1, 0, 1]), (3, [1, 1, 1, 1])])
def test_a_hit_is_a_true_class_among_the_best(top: int, right: list[int]) -> None:
    assert hits(SCORES, TRUTH, top).tolist() == [bool(r) for r in right]


def test_a_network_that_gives_all_classes_one_score_is_never_right() -> None:
    assert not hits(np.zeros((4, 3)), TRUTH, 1).any()


def test_confident_and_always_right_is_calibrated() -> None:
    assert calibration_error(np.eye(3)[TRUTH], TRUTH) == 0


def test_confident_and_always_wrong_is_as_far_off_as_can_be() -> None:
    assert calibration_error(np.eye(3)[(TRUTH + 1) % 3], TRUTH) == 1


def test_half_sure_and_half_right_is_calibrated() -> None:
    assert calibration_error(np.array([[0.5, 0.5, 0], [0.5, 0.5, 0]]), np.array([0, 2])) == 0


def test_overconfidence_in_one_bin_does_not_make_up_for_doubt_in_another() -> None:
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4]])
    assert calibration_error(probabilities, np.array([1, 0])) == pytest.approx((0.9 + 0.4) / 2)


def test_the_loss_of_a_guess_among_four_is_log_four() -> None:
    assert loss(np.zeros((5, 4)), np.zeros(5, int)) == pytest.approx(np.log(4))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_made_the_classes_is_found_again(temperature: float) -> None:
    logits, truth = drawn(temperature)
    assert fit_temperature(logits, truth) == pytest.approx(temperature, rel=0.05)


def test_the_fitted_temperature_calibrates() -> None:
    logits, truth = drawn(2.5)
    before = calibration_error(softmax(logits), truth)
    after = calibration_error(softmax(logits / fit_temperature(logits, truth)), truth)
    assert before > 0.15
    assert after < 0.02


def test_the_most_frequent_mistakes_come_first_and_right_answers_never() -> None:
    truth = np.array([0, 0, 0, 1, 1, 2])
    answers = np.array([1, 1, 0, 2, 1, 2])
    assert confusions(answers, truth, 3, most=9) == [Confusion(0, 1, 2), Confusion(1, 2, 1)]


def test_no_more_mistakes_are_listed_than_asked_for() -> None:
    assert confusions(np.array([1, 2, 0]), np.array([0, 1, 2]), 3, most=1) == [Confusion(0, 1, 1)]


def test_classes_come_hardest_first_with_what_they_are_taken_for() -> None:
    truth = np.array([0, 0, 0, 1, 1, 2, 2])
    answers = np.array([0, 1, 0, 2, 2, 2, 0])
    assert hardest(answers, truth, 3) == [
        (1, 0, Confusion(1, 2, 2)),
        (2, 1, Confusion(2, 0, 1)),
        (0, 2, Confusion(0, 1, 1)),
    ]
