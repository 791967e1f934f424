"""The mean of several frames' predictions."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_tagger.domain.averages import Mean
from image_tagger.domain.predictions import Prediction

LABELS = ("cat", "crane", "crane", "dog")


def frame(*scores: float) -> tuple[Prediction, ...]:
    """One frame's predictions, best first."""
    found = (Prediction(label, score) for label, score in zip(LABELS, scores, strict=True))
    return tuple(sorted(found, key=lambda prediction: -prediction.score))


def mean(*frames: tuple[Prediction, ...], top: int | None = None) -> list[tuple[str, float]]:
    means = Mean()
    for one in frames:
        means.add(one)
    return [(prediction.label, prediction.score) for prediction in means.best(top)]


def test_the_best_mean_comes_first() -> None:
    frames = (frame(0.6, 0.0, 0.0, 0.4), frame(0.0, 0.1, 0.0, 0.9))
    (first, best), (second, good) = mean(*frames, top=2)
    assert (first, second) == ("dog", "cat")
    assert (best, good) == pytest.approx((0.65, 0.3))


def test_one_frame_is_its_own_mean() -> None:
    assert mean(frame(0.1, 0.2, 0.3, 0.4)) == [("dog", 0.4), ("crane", 0.3), ("crane", 0.2), ("cat", 0.1)]


def test_no_frames_have_no_mean() -> None:
    assert mean() == []


@given(st.lists(st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(any), min_size=1, max_size=20))
def test_the_mean_of_distributions_is_a_distribution(rows: list[list[float]]) -> None:
    distributions = [frame(*(score / math.fsum(row) for score in row)) for row in rows]
    found = mean(*distributions)
    assert len(found) == len(LABELS)
    assert sum(score for _, score in found) == pytest.approx(1)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
