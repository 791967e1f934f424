"""The labels that were asked for, best first."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.loaded import Postprocessing, postprocessing_of
from image_tagger.models.postprocessing import classification, tagging
from image_tagger.models.preprocessing.placement import Placement
from image_tagger.models.reading.ranking import ranked

scores = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=50)

WHOLE = Placement.whole(Size(8, 8))


@given(scores, st.integers(1, 60) | st.none(), st.floats(0, 1))
def test_it_agrees_with_sorting_everything_and_then_choosing(
    values: list[float], top: int | None, least: float
) -> None:
    labels = LabelSet(tuple(f"label {n}" for n in range(len(values))))
    everything = sorted(zip(labels.names, values, strict=True), key=lambda pair: -pair[1])
    expected = [pair for pair in everything[:top] if pair[1] >= least]
    found = ranked(np.array(values), Spec(labels, "classification"), Selection(top=top, min_score=least))
    assert [(p.label, p.score) for p in found] == expected


def test_the_bound_itself_is_kept() -> None:
    labels = LabelSet(("cat", "dog"))
    found = ranked(np.array([0.25, 0.75]), Spec(labels, "classification"), Selection(min_score=0.75))
    assert [p.label for p in found] == ["dog"]


def test_another_number_of_scores_than_labels_is_the_models_fault() -> None:
    with pytest.raises(InvalidModel, match="3 scores for 2 labels"):
        ranked(np.zeros(3), Spec(LabelSet(("cat", "dog")), "classification"), Selection())


@given(st.lists(st.floats(-1e4, 1e4, width=32), min_size=1, max_size=300))
def test_exclusive_scores_add_up_to_1(logits: list[float]) -> None:
    spec = Spec(LabelSet(tuple(map(str, range(len(logits))))), "classification")
    found = classification.read((np.array(logits, np.float32),), spec, Selection(), WHOLE)
    assert sum(p.score for p in found) == pytest.approx(1)
    assert len(found) == len(logits)


def test_probabilities_are_taken_as_they_are_where_the_network_gives_them() -> None:
    spec = Spec(LabelSet(("cat", "dog")), "classification", (("activation", "none"),))
    found = classification.read((np.array([0.25, 0.75], np.float32),), spec, Selection(), WHOLE)
    assert [(p.label, p.score) for p in found] == [("dog", 0.75), ("cat", 0.25)]


def test_predictions_know_their_places_in_the_label_set() -> None:
    found = ranked(np.array([0.25, 0.75]), Spec(LabelSet(("crane", "crane")), "classification"), Selection())
    assert [(p.label, p.position) for p in found] == [("crane", 1), ("crane", 0)]


@pytest.mark.parametrize("shape", [(2,), (2, 1, 1), (1, 2), (1, 1, 2)])
@pytest.mark.parametrize("postprocessing", [classification, tagging])
def test_dimensions_of_one_count_for_nothing(postprocessing: Postprocessing, shape: tuple[int, ...]) -> None:
    spec = Spec(LabelSet(("cat", "dog")), "either", (("activation", "none"),))
    found = postprocessing.read((np.array([0.25, 0.75]).reshape(shape),), spec, Selection(top=1), WHOLE)
    assert [(p.label, p.score) for p in found] == [("dog", 0.75)]


def test_one_label_is_enough() -> None:
    found = tagging.read((np.zeros((1, 1), np.float32),), Spec(LabelSet(("cat",)), "tagging"), Selection(), WHOLE)
    assert [(p.label, p.score) for p in found] == [("cat", 0.5)]


@pytest.mark.parametrize("shape", [(2, 2), (4, 1), (3,)])
def test_a_table_of_scores_is_no_list_of_labels(shape: tuple[int, ...]) -> None:
    spec = Spec(LabelSet(("cat", "dog")), "classification")
    with pytest.raises(InvalidModel, match="scores for 2 labels"):
        classification.read((np.zeros(shape),), spec, Selection(), WHOLE)


@pytest.mark.parametrize("sure", [True, False])
def test_what_is_no_number_is_the_models_fault(sure: bool) -> None:
    with pytest.raises(InvalidModel, match="no numbers"):
        ranked(np.array([0.5, np.nan]), Spec(LabelSet(("cat", "dog")), "classification"), Selection(sure=sure))


@pytest.mark.parametrize("kind", ["classification", "tagging"])
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ((("activation", "sofmax"),), "'activation' of .* must be one of .*, not 'sofmax'"),
        ((("treshold", 0.5),), "has no option 'treshold'; it has: activation"),
    ],
)
def test_an_option_that_there_is_not_is_named(kind: str, options: tuple[tuple[str, Any], ...], reason: str) -> None:
    spec = Spec(LabelSet(("cat", "dog")), kind, options)
    with pytest.raises(InvalidModel, match=reason):
        postprocessing_of(spec).read((np.zeros(2, np.float32),), spec, Selection(), WHOLE)


def test_exclusive_labels_have_no_sigmoid_and_others_no_softmax() -> None:
    for kind, activation in (("classification", "sigmoid"), ("tagging", "softmax")):
        spec = Spec(LabelSet(("cat", "dog")), kind, (("activation", activation),))
        with pytest.raises(InvalidModel, match=f"not '{activation}'"):
            postprocessing_of(spec).read((np.zeros(2, np.float32),), spec, Selection(), WHOLE)


def test_a_logit_without_end_is_an_error() -> None:
    spec = Spec(LabelSet(("cat", "dog")), "classification")
    with pytest.raises(InvalidModel, match="no numbers"):
        classification.read((np.array([np.inf, 0], np.float32),), spec, Selection(), WHOLE)


@pytest.mark.parametrize("selection", [Selection(), Selection(sure=True)])
def test_rounding_may_carry_a_score_out_of_its_range_and_nothing_else(selection: Selection) -> None:
    spec = Spec(LabelSet(("cat", "dog")), "tagging", (("activation", "none"),), sure=0.5)
    found = tagging.read((np.array([1.0000002, -1e-7], np.float32),), spec, selection, WHOLE)
    assert [p.score for p in found] == [1.0, 0.0][: len(found)]
    for wrong in ([5.0, 0.1], [0.9, -2.0]):
        with pytest.raises(InvalidModel, match="another `activation`"):
            tagging.read((np.array(wrong, np.float32),), spec, selection, WHOLE)
