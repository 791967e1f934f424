"""The language of searches, and where it stops meaning anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.finding import And, InvalidSearch, Label, Not, Or, read_search

DOG, BEACH, CAT = Label("dog"), Label("beach"), Label("cat")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("dog", DOG),
        ("  dog ", DOG),
        ("golden retriever", Label("golden retriever")),
        ("golden \t retriever", Label("golden retriever")),
        ("dog and not beach", And((DOG, Not(BEACH)))),
        ("dog AND Not beach", And((DOG, Not(BEACH)))),
        ("dog or cat and beach", Or((DOG, And((CAT, BEACH))))),
        ("(dog or cat) and beach", And((Or((DOG, CAT)), BEACH))),
        ("not dog and cat", And((Not(DOG), CAT))),
        ("not (dog or cat)", Not(Or((DOG, CAT)))),
        ("not not dog", Not(Not(DOG))),
        ("dog or cat or beach", Or((DOG, CAT, BEACH))),
        ("((dog))", DOG),
        ('"crane (bird)" and "not"', And((Label("crane (bird)"), Label("not")))),
        (r'"the \"dog\" \\"', Label('the "dog" \\')),
        ("android", Label("android")),
        ("hund und möwe", Label("hund und möwe")),
        ("tabby, tabby cat", Label("tabby, tabby cat")),
    ],
)
def test_a_search_has_one_meaning(text: str, meaning: object) -> None:
    assert read_search(text) == meaning


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 1, "empty"),
        ("   ", 1, "empty"),
        ("dog and", 8, "at its end"),
        ("dog and or cat", 9, "instead of 'or'"),
        ("and dog", 1, "instead of 'and'"),
        ("dog not cat", 5, "'not' is not expected"),
        ("dog (cat)", 5, "not expected"),
        ("(dog or cat", 1, "bracket has no end"),
        ("dog)", 4, "not expected"),
        ("not", 4, "at its end"),
        ('dog and "cat', 9, "quote has no end"),
        ('dog "cat"', 5, "'cat' is not expected"),
        ('dog or ""', 8, "empty"),
        ("()", 2, "instead of '\\)'"),
        ("x" * 1001, 1001, "longer than 1000"),
        ("(" * 21 + "x" + ")" * 21, 21, "too deeply"),
        ("not " * 21 + "x", 81, "too deeply"),
        (" or ".join(["x"] * 51), 251, "more than 50 labels"),
    ],
)
def test_what_means_nothing_is_refused_with_its_place(text: str, position: int, words: str) -> None:
    with pytest.raises(InvalidSearch, match=words) as caught:
        read_search(text)
    assert caught.value.position == position
    assert f"character {position}" in str(caught.value)


@given(st.text(alphabet='ab"\\() andornt', max_size=60))
def test_every_text_has_a_meaning_or_a_place_of_failure(text: str) -> None:
    try:
        read_search(text)
    except InvalidRequest as error:
        assert isinstance(error, InvalidSearch)
        assert 1 <= error.position <= len(text) + 1
