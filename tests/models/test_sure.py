"""Only what the model is sure of: a label, a group of labels, or nothing."""

from pathlib import Path

import numpy as np
import pytest

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.hierarchy import Hierarchy
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.manifest import read_version
from image_tagger.models.reading.ranking import ranked
from tests.models.folders import copy_of_starter, rewrite

LABELS = LabelSet(("beagle", "poodle", "pizza"))
GROUPED = Spec(
    LABELS,
    "classification",
    hierarchy=Hierarchy.of_groups(LABELS, ("animal > dog", "animal > dog", "food")),
    sure=0.5,
)


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ((0.75, 0.125, 0.125), (Prediction("beagle", 0.75, ("animal", "dog"), position=0),)),
        ((0.375, 0.25, 0.375), (Prediction("dog", 0.625, ("animal",)),)),
        ((0.25, 0.125, 0.25), ()),
    ],
)
def test_a_sure_answer_is_a_label_or_a_group_or_nothing(
    scores: tuple[float, ...], said: tuple[Prediction, ...]
) -> None:
    assert ranked(np.array(scores), GROUPED, Selection(sure=True)) == said


def test_the_caller_may_ask_for_more_than_the_model_does() -> None:
    assert ranked(np.array((0.75, 0.125, 0.125)), GROUPED, Selection(min_score=0.9, sure=True)) == ()


def test_without_groups_the_answer_is_a_label_or_nothing() -> None:
    plain = Spec(LABELS, "classification", sure=0.5)
    assert ranked(np.array((0.75, 0.25, 0.0)), plain, Selection(sure=True)) == (Prediction("beagle", 0.75, position=0),)
    assert ranked(np.array((0.375, 0.375, 0.25)), plain, Selection(sure=True)) == ()
    assert ranked(np.array((0.5, 0.25, 0.25)), plain, Selection(sure=True)) == (Prediction("beagle", 0.5, position=0),)


def test_other_answers_have_no_groups() -> None:
    assert ranked(np.array((0.75, 0.25, 0.0)), GROUPED, Selection(top=1)) == (Prediction("beagle", 0.75, position=0),)


@pytest.mark.parametrize("sure", [-0.1, 1.1, float("nan")])
def test_a_threshold_is_a_probability(sure: float) -> None:
    with pytest.raises(InvalidModel):
        Spec(LABELS, "classification", sure=sure)


def test_a_hierarchy_is_one_of_the_same_labels() -> None:
    with pytest.raises(InvalidModel):
        Spec(LabelSet(("beagle", "pizza", "poodle")), "classification", hierarchy=GROUPED.hierarchy)


def test_a_model_folder_may_have_groups(tmp_path: Path) -> None:
    spec = read_version(copy_of_starter(tmp_path)).spec
    assert spec.hierarchy is not None
    assert spec.hierarchy.path(spec.labels.names.index("golden retriever")) == ("animal", "dog", "golden retriever")
    assert 0 < spec.sure < 1


def test_a_model_folder_without_groups_is_one_as_well(tmp_path: Path) -> None:
    folder = copy_of_starter(tmp_path)
    rewrite(folder, 'hierarchy = "hierarchy.txt"\n', "")
    assert read_version(folder).spec.hierarchy is None


def test_a_hierarchy_of_other_labels_is_named(tmp_path: Path) -> None:
    folder = copy_of_starter(tmp_path)
    (folder / "hierarchy.txt").write_text("animal\n")
    with pytest.raises(InvalidModel, match="1 lines for 293 labels"):
        read_version(folder)
