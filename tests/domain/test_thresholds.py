"""Which predictions count."""

import pytest

from image_tagger.domain.labels import LabelSet
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.specs import Spec
from image_tagger.domain.thresholds import DEFAULT, split, threshold_at

LABELS = LabelSet(("cat", "dog"))
CAT, DOG, PET = Prediction("cat", 0.6, position=0), Prediction("dog", 0.6, position=1), Prediction("pet", 0.6)


def test_each_label_has_its_own_threshold_and_the_order_stays() -> None:
    found = split((DOG, CAT), Spec(LABELS, "ssd", thresholds=(0.7, 0.6)))
    assert (found.predicted, found.discarded) == ((DOG,), (CAT,))
    both = split((DOG, CAT), Spec(LABELS, "ssd", thresholds=(0.1, 0.2)))
    assert (both.predicted, both.discarded) == ((DOG, CAT), ())


@pytest.mark.parametrize(("score", "predicted"), [(0.5, True), (0.4999, False)])
def test_equality_is_enough(score: float, predicted: bool) -> None:
    found = split((Prediction("cat", score, position=0),), Spec(LABELS, "ssd", thresholds=(0.5, 0.5)))
    assert bool(found.predicted) is predicted


def test_without_thresholds_the_sure_score_counts_then_the_default() -> None:
    assert threshold_at(1, Spec(LABELS, "ssd", sure=0.3)) == 0.3
    assert threshold_at(1, Spec(LABELS, "ssd")) == DEFAULT
    assert threshold_at(1, Spec(LABELS, "ssd"), 0.8) == 0.8


def test_a_group_has_no_threshold_of_its_own() -> None:
    assert split((PET,), Spec(LABELS, "ssd", thresholds=(0.1, 0.1)), 0.7).discarded == (PET,)
