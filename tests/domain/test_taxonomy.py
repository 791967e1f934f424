"""What words mean and what is a kind of what, on a handful of meanings."""

import pytest

from image_tagger.domain.meanings import Meaning, Meanings
from image_tagger.domain.taxonomy import Taxonomy, names

MEANINGS = """\
00000001\tanimal|beast\t\t
00000002\tbird\t00000001\tbird
00000003\tcrane\t00000002\tcrane
00000004\tmachine\t\t
00000005\tcrane\t00000004\tcrane
00000006\tdog|domestic dog\t00000001 00000012\tdog
00000007\tgolden retriever\t00000006\tgolden retriever
00000008\tmouse\t00000001\t
00000009\tmouse|computer mouse\t00000004\tmouse
00000010\tCardigan\t00000006\tCardigan
00000011\tcardigan\t00000004\tcardigan
00000012\tpet\t00000001\t
00000013\tfield mouse\t00000008\t
00000014\twolf\t00000001\t
"""
TAXONOMY = Taxonomy(Meanings(MEANINGS))


@pytest.mark.parametrize(
    ("query", "label"),
    [
        ("dog", "golden retriever"),
        ("DOG", "golden_retriever"),
        ("domestic_dog", "Golden Retriever"),
        ("dogs", "golden retriever"),
        ("wolves", "wolf"),
        ("pet", "golden retriever"),
        ("beast", "golden retriever"),
        ("golden retriever", "golden retriever"),
        ("n00000006", "golden retriever"),
        ("dog", "n00000007 golden retriever"),
        ("bird", "crane"),
        ("machine", "crane"),
        ("crane (bird)", "n00000003"),
        ("machine", "mouse, computer mouse"),
        ("machine", "mouse"),
        ("animal", "field mouse"),
        ("mouse", "field mouse"),
        ("dog", "Cardigan"),
        ("machine", "cardigan"),
        ("dog", "CARDIGAN"),
        ("my own words", "My_Own Words"),
        ("tabby cat", "tabby, tabby cat"),
    ],
)
def test_a_query_finds(query: str, label: str) -> None:
    assert TAXONOMY.finds(query, label)


@pytest.mark.parametrize(
    ("query", "label"),
    [
        ("golden retriever", "dog"),
        ("do", "dog"),
        ("bird", "golden retriever"),
        ("crane (bird)", "n00000005"),
        ("crane (dog)", "crane"),
        ("animal", "mouse, computer mouse"),
        ("animal", "mouse"),
        ("dog", "cardigan"),
        ("my own", "my own words"),
        ("n00000099", "golden retriever"),
        ("", "dog"),
        ("dog", ""),
        (",", " , "),
    ],
)
def test_a_query_does_not_find(query: str, label: str) -> None:
    assert not TAXONOMY.finds(query, label)


def test_the_nearer_one_of_two_queries_has_the_smaller_distance() -> None:
    distances = [TAXONOMY.distance(query, "golden retriever") for query in ("golden retriever", "dog", "animal")]
    assert None not in distances
    assert distances == sorted(distances, key=lambda one: one or 0)
    assert distances[0] == 0
    assert TAXONOMY.distance("bird", "golden retriever") is None


def test_a_query_expands_to_the_labels_that_it_finds() -> None:
    labels = ["golden_retriever", "crane", "wolf", "unknown"]
    assert TAXONOMY.expand("animal", labels) == {"golden_retriever", "crane", "wolf"}


def test_synonyms_are_all_words_of_all_meanings() -> None:
    assert TAXONOMY.synonyms("Dog") == ("dog", "domestic dog")
    assert TAXONOMY.synonyms("unknown") == ()


def test_a_label_means_the_classes_of_its_name() -> None:
    assert TAXONOMY.meanings("mouse") == (Meaning("00000009", ("mouse", "computer mouse"), ("00000004",), ("mouse",)),)
    assert [meaning.key for meaning in TAXONOMY.meanings("crane")] == ["00000003", "00000005"]


def test_a_loop_ends() -> None:
    loop = Taxonomy(Meanings("00000001\ta\t00000002\t\n00000002\tb\t00000001\t\n"))
    assert loop.finds("a", "b")
    assert loop.finds("b", "a")


def test_names_are_compared_in_lower_case_with_spaces() -> None:
    assert names("Tabby, tabby_cat ,") == {"tabby", "tabby cat"}
