"""Vocabularies as their users write them."""

import pytest

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.meanings import Meanings
from image_tagger.domain.taxonomy import Taxonomy
from image_tagger.domain.vocabulary import Scores, Vocabulary
from image_tagger.domain.vocabulary_reading import read_vocabulary

TAXONOMY = Taxonomy(Meanings("00000002\tdog\t\t\n"))
WHOLE = """
hide = ["web site"]
roll_up = ["dog"]
others = "hide"
scores = "max"
language = "de"

[map]
"sports car" = "car"

[merge]
pet = ["tabby", "goldfish"]

[rename]
car = "auto"

[translate.de]
dog = "Hund"

[translate.cs]
dog = "pes"
"""


def test_a_whole_vocabulary() -> None:
    assert read_vocabulary(WHOLE, TAXONOMY) == Vocabulary(
        hidden=frozenset({"web site"}),
        words={"sports car": "car", "tabby": "pet", "goldfish": "pet"},
        rolled_up=("dog",),
        others=False,
        renamed={"car": "auto"},
        translated={"dog": "Hund"},
        scores=Scores.MAX,
    )


def test_an_empty_vocabulary() -> None:
    assert read_vocabulary("", TAXONOMY) == Vocabulary()


def test_the_only_language_needs_no_name() -> None:
    assert read_vocabulary('[translate.de]\ndog = "Hund"', TAXONOMY).translated == {"dog": "Hund"}


def test_the_same_word_may_be_given_twice() -> None:
    text = '[map]\n"tabby" = "pet"\n[merge]\npet = ["Tabby"]'
    assert read_vocabulary(text, TAXONOMY).words == {"tabby": "pet", "Tabby": "pet"}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("hide", "is no TOML"),
        ("hides = []", "has no key hides; there are: hide, map,"),
        ('hide = "cat"', "hide must be a list of texts"),
        ("hide = [1]", "hide must be a list of texts"),
        ('hide = [" "]', "hide has a text without a word"),
        ('map = ["cat"]', r"map must be a table like \[map\]"),
        ("[map]\ncat = 1", "map.cat must be a text in quotes, not '1'"),
        ('[map]\ncat = ""', "map.cat has a text without a word"),
        ('[map]\n"" = "cat"', "map has a text without a word"),
        ('merge = "cat"', r"merge must be a table like \[merge\]"),
        ('[merge]\npet = "cat"', "merge.pet must be a list of texts"),
        ('[merge]\npet = ["cat"]\nbeast = ["CAT"]', "gives 'cat' two words: 'pet', 'beast'"),
        ('[map]\n"tabby, cat" = "pet"\n"cat" = "beast"', "gives 'cat' two words: 'pet', 'beast'"),
        ('roll_up = ["dogs", "glump"]', "roll_up names 'glump', of which no kinds are known"),
        ('others = "drop"', 'others must be "keep" or "hide"'),
        ('scores = "mean"', 'scores must be "auto" or "sum" or "max"'),
        ('[translate]\ndog = "Hund"', r"translate must be a table for each language, like \[translate.de\]"),
        ("[translate.de]\ndog = 1", "translate.de.dog must be a text in quotes"),
        ("[translate.de]\n[translate.cs]", "translates to de, cs; its language must be one of them"),
        ('language = "fr"\n[translate.de]', "language is 'fr', to which it does not translate"),
        ("a = " + "[" * 5000, "is no TOML"),
    ],
)
def test_what_is_wrong_is_named(text: str, what: str) -> None:
    with pytest.raises(InvalidRequest, match=f"the vocabulary('s)? {what}"):
        read_vocabulary(text, TAXONOMY)
