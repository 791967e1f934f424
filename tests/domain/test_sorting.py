"""Which class a picture belongs to."""

import pytest

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.sorting import Match, Rule, Sorter
from image_tagger.models.labels import standard_taxonomy

CAT = (("tabby, tabby cat", 0.4), ("tiger cat", 0.3), ("Egyptian cat", 0.1), ("lynx", 0.05), ("tennis ball", 0.01))
DOG = (("golden retriever", 0.4), ("beagle", 0.3), ("tabby", 0.2), ("sports car", 0.1))


def sorter(*classes: str, match: Match, least: float | None = None, exclusive: bool = True) -> Sorter:
    return Sorter(Rule(classes, match, least), standard_taxonomy().distance, exclusive=exclusive)


def predicted(pairs: tuple[tuple[str, float], ...]) -> list[Prediction]:
    return [Prediction(label, score) for label, score in pairs]


@pytest.mark.parametrize(
    ("classes", "found"),
    [
        (("cat",), "cat"),
        (("all",), "all"),
        (("Tabby",), None),
        (("tabby cat",), None),
        (("tiger_cat",), "tiger_cat"),
        (("lynx tennis",), "lynx tennis"),
        (("dog", "lynx", "cat"), "lynx"),
        (("cat", "lynx"), "cat"),
        ((), None),
    ],
)
def test_a_substring_of_the_best_labels_in_keras_spelling(classes: tuple[str, ...], found: str | None) -> None:
    assert sorter(*classes, match=Match.SUBSTRING).class_of(predicted(CAT)) == found


def test_substrings_look_at_five_labels() -> None:
    assert Rule(("cat",)).selection == Selection(5, 0.0)
    assert Rule(("cat",), min_score=0.2).selection == Selection(5, 0.2)
    assert Rule(("cat",), Match.HIERARCHY, 0.2).selection == Selection(None)


@pytest.mark.parametrize(
    ("classes", "found"),
    [
        (("dog",), "dog"),
        (("dogs", "car"), "dogs"),
        (("car", "dog"), "dog"),
        (("animal",), "animal"),
        (("animal", "dog"), "dog"),
        (("cat",), None),
        (("car",), None),
        (("golden retriever",), None),
        (("unheard-of",), None),
    ],
)
def test_a_label_is_a_kind_of_the_nearest_class(classes: tuple[str, ...], found: str | None) -> None:
    assert sorter(*classes, match=Match.HIERARCHY).class_of(predicted(DOG)) == found


def test_the_class_with_the_highest_score_wins() -> None:
    by_hierarchy = sorter("car", "cat", "dog", match=Match.HIERARCHY, least=0.05)
    assert by_hierarchy.class_of(predicted(DOG)) == "dog"
    assert by_hierarchy.class_of(predicted(DOG[2:])) == "cat"
    assert by_hierarchy.class_of(predicted(DOG[3:])) == "car"


def test_scores_of_labels_that_may_all_be_true_are_not_added() -> None:
    assert sorter("dog", match=Match.HIERARCHY, exclusive=False).class_of(predicted(DOG)) is None
    assert sorter("dog", match=Match.HIERARCHY, least=0.4, exclusive=False).class_of(predicted(DOG)) == "dog"


def test_names_alone_count_where_the_match_is_exact() -> None:
    assert sorter("dog", match=Match.EXACT).class_of(predicted(DOG)) is None
    assert sorter("Golden_Retriever", match=Match.EXACT, least=0.4).class_of(predicted(DOG)) == "Golden_Retriever"
    assert sorter("tabby cat", match=Match.EXACT, least=0.4).class_of(predicted(CAT)) == "tabby cat"


def test_nothing_predicted_is_of_no_class() -> None:
    assert [sorter("a", match=match, least=0.0).class_of([]) for match in Match] == [None] * 3


def test_classes_without_labels_are_told() -> None:
    labels = [label for label, _ in (*CAT, *DOG)]
    for match, found in (
        (Match.SUBSTRING, ("tab", "tiger_c")),
        (Match.HIERARCHY, ("cats", "car")),
        (Match.EXACT, ("lynx",)),
    ):
        assert sorter(*found, "nonsense", match=match).without_labels(labels) == ("nonsense",)


@pytest.mark.parametrize("one", ["", "  ", ".", "..", "a/b", "a\\b", "a:b", "\0", "a\n", "\ud800", "é" * 128])
def test_what_cannot_be_a_folder_cannot_be_a_class(one: str) -> None:
    with pytest.raises(InvalidRequest):
        Rule(("cat", one))
