"""The threshold of "none of these", and what is counted about it, on answers that are known."""

import numpy as np
import pytest

from image_tagger.domain.hierarchy import Hierarchy
from image_tagger.domain.labels import LabelSet
from training.unsure import (
    assurance,
    behaviour,
    energy,
    fit_sure,
    holds,
    separation,
    truths,
    without_truth,
)

TREE = Hierarchy.of_groups(LabelSet(("beagle", "poodle", "pizza", "fog")), ("animal > dog", "animal > dog", "food", ""))
BEAGLE, POODLE, PIZZA, FOG = range(4)


def test_something_is_said_up_to_the_score_of_the_largest_group() -> None:
    rows = np.array([[0.25, 0.25, 0.375, 0.125], [0.125, 0.0, 0.25, 0.625]])
    assert assurance(TREE, rows).tolist() == [0.5, 0.625]


def test_the_assurance_is_the_largest_threshold_with_an_answer() -> None:
    rows = np.random.default_rng(3).dirichlet((0.5,) * 4, 200)
    for row, most in zip(rows.tolist(), assurance(TREE, rows).tolist(), strict=True):
        assert TREE.roll_up(row, most - 1e-9) is not None
        assert TREE.roll_up(row, most + 1e-9) is None


def test_nine_of_ten_right_photos_keep_an_answer_at_the_fitted_threshold() -> None:
    rows = np.random.default_rng(4).dirichlet((0.3,) * 4, 2000)
    truth = np.where(np.arange(2000) % 3, rows.argmax(axis=1), 3 - rows.argmax(axis=1))
    sure = fit_sure(TREE, rows, truth)
    right = rows[rows.argmax(axis=1) == truth]
    kept = behaviour(TREE, right, [()] * len(right), sure)
    assert 0.9 <= 1 - kept.nothing < 0.92


def test_wrong_answers_do_not_move_the_threshold() -> None:
    right = np.array([[0.75, 0.0, 0.25, 0.0]] * 10)
    wrong = np.array([[0.25, 0.0, 0.5, 0.25]] * 90)
    truth = np.full(100, BEAGLE)
    assert fit_sure(TREE, np.concatenate([right, wrong]), truth) == 0.75


def test_every_kind_of_answer_is_counted() -> None:
    rows = np.array([[0.75, 0, 0.25, 0], [0.375, 0.375, 0.25, 0], [0, 0, 0.75, 0.25], [0.25, 0.25, 0.25, 0.25]])
    counted = behaviour(TREE, rows, truths(TREE, np.array([BEAGLE, POODLE, FOG, FOG])), 0.625)
    assert (counted.pictures, counted.labels, counted.groups, counted.nothing) == (4, 0.5, 0.25, 0.25)
    assert counted.holding == pytest.approx(2 / 3)
    assert counted.wrong == pytest.approx(0.25)


def test_where_nothing_is_said_nothing_is_wrong() -> None:
    counted = behaviour(TREE, np.full((3, 4), 0.25), [()] * 3, 0.75)
    assert (counted.nothing, counted.wrong) == (1, 0)


@pytest.mark.parametrize(
    ("said", "right", "does"),
    [
        (("animal",), [("animal", "dog", "beagle")], True),
        (("animal", "dog", "beagle"), [("animal", "dog", "beagle")], True),
        (("animal", "dog", "beagle"), [("animal", "dog")], False),
        (("animal",), [("food",), ("animal", "bird")], True),
        (("animal",), [()], False),
        (("animal",), [], False),
    ],
)
def test_a_group_holds_for_everything_in_it(said: tuple[str, ...], right: list[tuple[str, ...]], does: bool) -> None:
    assert holds(said, right) is does


def test_without_its_own_label_a_photo_leaves_its_share_to_the_others() -> None:
    rows = without_truth(np.array([[0.5, 0.25, 0.25, 0.0]]), np.array([BEAGLE]))
    assert rows.tolist() == [[0, 0.5, 0.5, 0]]


def test_energy_is_the_log_of_the_summed_powers_even_for_huge_logits() -> None:
    assert energy(np.array([[0.0, 0.0], [1000.0, 1000.0]])) == pytest.approx([np.log(2), 1000 + np.log(2)])


@pytest.mark.parametrize(
    ("inside", "outside", "area"),
    [([2.0, 3.0], [0.0, 1.0], 1.0), ([0.0], [1.0], 0.0), ([1.0, 1.0], [1.0], 0.5), ([0.0, 2.0], [1.0], 0.5)],
)
def test_separation_is_the_share_of_pairs_in_order(inside: list[float], outside: list[float], area: float) -> None:
    assert separation(np.array(inside), np.array(outside)) == area
