"""Vocabularies at work: labels in the user's words, and what becomes of their scores."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_tagger.domain.geometry import Region
from image_tagger.domain.meanings import Meanings
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.taxonomy import Taxonomy
from image_tagger.domain.vocabulary import Scores, Vocabulary, Wording

TAXONOMY = Taxonomy(
    Meanings(
        "00000001\tanimal\t\t\n00000002\tdog\t00000001\t\n00000003\tpoodle\t00000002\t\n"
        "00000004\tbeagle\t00000002\t\n00000005\tcat\t00000001\t\n"
    )
)
SEEN = (Prediction("poodle", 0.5, position=3), Prediction("beagle", 0.25, position=4), Prediction("cat", 0.125))


def said(
    vocabulary: Vocabulary, seen: tuple[Prediction, ...] = SEEN, *, exclusive: bool = True
) -> list[tuple[str, float]]:
    wording = Wording(vocabulary, TAXONOMY, exclusive=exclusive)
    return [(prediction.label, prediction.score) for prediction in wording.apply(seen)]


def test_an_empty_vocabulary_changes_nothing() -> None:
    assert Wording(Vocabulary(), TAXONOMY, exclusive=True).apply(SEEN) == SEEN


def test_hidden_labels_are_left_out() -> None:
    assert said(Vocabulary(hidden=frozenset({"Poodle"}))) == [("beagle", 0.25), ("cat", 0.125)]


def test_scores_of_exclusive_labels_are_added() -> None:
    words = {"poodle": "pet", "cat": "pet"}
    assert said(Vocabulary(words=words)) == [("pet", 0.625), ("beagle", 0.25)]


def test_of_other_labels_the_highest_score_counts() -> None:
    words = {"poodle": "pet", "cat": "pet"}
    assert said(Vocabulary(words=words), exclusive=False) == [("pet", 0.5), ("beagle", 0.25)]


@pytest.mark.parametrize(("scores", "exclusive", "score"), [(Scores.SUM, False, 0.75), (Scores.MAX, True, 0.5)])
def test_a_vocabulary_may_say_how_scores_are_merged(scores: Scores, score: float, *, exclusive: bool) -> None:
    assert said(Vocabulary(rolled_up=("dog",), scores=scores), exclusive=exclusive)[0] == ("dog", score)


def test_a_sum_is_no_more_than_one() -> None:
    many = tuple(Prediction("poodle", 0.75) for _ in range(3))
    assert said(Vocabulary(words={"poodle": "dog"}, scores=Scores.SUM), many) == [("dog", 1.0)]


def test_labels_roll_up_to_the_nearest_word() -> None:
    assert said(Vocabulary(rolled_up=("animal", "dog"))) == [("dog", 0.75), ("animal", 0.125)]


def test_a_label_s_own_word_goes_before_rolling_up() -> None:
    vocabulary = Vocabulary(words={"poodle": "Fifi"}, rolled_up=("dog",))
    assert said(vocabulary) == [("Fifi", 0.5), ("dog", 0.25), ("cat", 0.125)]


def test_what_is_rolled_up_can_be_hidden_by_its_word() -> None:
    assert said(Vocabulary(rolled_up=("dog",), hidden=frozenset({"dog"}))) == [("cat", 0.125)]


def test_labels_without_a_word_can_be_left_out() -> None:
    assert said(Vocabulary(words={"cat": "cat"}, others=False)) == [("cat", 0.125)]


@pytest.mark.parametrize("label", ["poodle, poodle dog", "Poodle", "poodle", "standard, poodle"])
def test_any_name_of_a_label_counts(label: str) -> None:
    assert said(Vocabulary(words={"poodle": "Fifi"}), (Prediction(label, 0.5),)) == [("Fifi", 0.5)]


def test_words_are_renamed_then_translated() -> None:
    vocabulary = Vocabulary(rolled_up=("dog",), renamed={"dog": "hound"}, translated={"hound": "Hund", "cat": "Katze"})
    assert said(vocabulary) == [("Hund", 0.75), ("Katze", 0.125)]


def test_words_that_become_the_same_are_merged() -> None:
    vocabulary = Vocabulary(translated={"poodle": "Hund", "beagle": "Hund"})
    assert said(vocabulary) == [("Hund", 0.75), ("cat", 0.125)]


def test_groups_are_translated_and_end_above_a_word() -> None:
    sure = (Prediction("poodle", 0.5, ("animal", "dog")),)
    translated = Wording(Vocabulary(translated={"dog": "Hund", "animal": "Tier"}), TAXONOMY, exclusive=True)
    assert translated.apply(sure) == (Prediction("poodle", 0.5, ("Tier", "Hund")),)
    rolled_up = Wording(Vocabulary(rolled_up=("dog",)), TAXONOMY, exclusive=True)
    assert rolled_up.apply(sure) == (Prediction("dog", 0.5, ("animal",)),)


def test_regions_stay_apart() -> None:
    here, there = Region(0, 0, 0.5, 0.5), Region(0.5, 0.5, 1, 1)
    seen = tuple(Prediction(label, 0.25, region=place) for place in (here, there) for label in ("poodle", "beagle"))
    wording = Wording(Vocabulary(rolled_up=("dog",)), TAXONOMY, exclusive=True)
    assert wording.apply(seen) == (Prediction("dog", 0.5, region=here), Prediction("dog", 0.5, region=there))


def test_a_single_label_is_worded() -> None:
    wording = Wording(
        Vocabulary(frozenset({"cat"}), rolled_up=("dog",), renamed={"dog": "hound"}), TAXONOMY, exclusive=True
    )
    assert [wording.word(label) for label in ("poodle", "cat", "stone")] == ["hound", None, "stone"]


@given(st.lists(st.tuples(st.sampled_from(["poodle", "beagle", "cat", "stone"]), st.floats(0, 0.1)), max_size=10))
def test_merging_loses_no_probability(seen: list[tuple[str, float]]) -> None:
    predictions = tuple(Prediction(label, score) for label, score in seen)
    merged = said(Vocabulary(rolled_up=("dog", "animal"), scores=Scores.SUM), predictions)
    assert sum(score for _, score in merged) == pytest.approx(sum(score for _, score in seen))
    assert [score for _, score in merged] == sorted((score for _, score in merged), reverse=True)
