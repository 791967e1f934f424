"""The taxonomy from WordNet's files: what is taken over, and which words lead where."""

from pathlib import Path

import pytest

from image_tagger.models.labels import FILE
from training.hierarchy import Synset
from training.taxonomy import COCO, IMAGENET, WORDNET, Nouns, chosen, lines, read_classes, read_nouns

REPOSITORY = Path(__file__).parents[2]
ANIMAL, ARTIFACT, PERSON, THOUGHT = "05", "06", "18", "09"

SYNSETS = {
    "00000001": (ANIMAL, Synset(("animal",), ())),
    "00000002": (ANIMAL, Synset(("dog", "domestic dog"), ("00000001",))),
    "00000003": (ANIMAL, Synset(("poodle",), ("00000002",))),
    "00000004": (ANIMAL, Synset(("Canis rarus",), ("00000002",))),
    "00000005": (ANIMAL, Synset(("toy poodle",), ("00000003",))),
    "00000006": (ANIMAL, Synset(("tiny toy poodle",), ("00000005",))),
    "00000007": (PERSON, Synset(("dog", "cad"), ())),
    "00000008": (PERSON, Synset(("dogwalker",), ("00000001",))),
    "00000009": (THOUGHT, Synset(("dog", "doggedness"), ("00000001",))),
    "00000010": (ARTIFACT, Synset(("cad",), ())),
}
NOUNS = Nouns(
    {key: synset for key, (_, synset) in SYNSETS.items()},
    {key: kind for key, (kind, _) in SYNSETS.items()},
    {"dog": ("00000009", "00000002", "00000007"), "cad": ("00000010", "00000007"), "animal": ("00000001",)}
    | {"poodle": ("00000003",), "toy poodle": ("00000005",), "domestic dog": ("00000002",)},
    frozenset({"00000007", "00000009"}),
)


def test_classes_what_is_above_and_one_step_below_and_what_is_counted() -> None:
    core = {"00000003", "00000002", "00000001"}
    assert chosen(core, NOUNS) == core | {"00000005", "00000007"}


def test_a_word_leads_to_classes_and_to_the_first_of_its_other_meanings() -> None:
    assert lines({"00000003": ["poodle"]}, NOUNS) == [
        "00000001\tanimal\t\t",
        "00000002\tdog|domestic dog\t00000001\t",
        "00000003\tpoodle\t00000002\tpoodle",
        "00000005\ttoy poodle\t00000003\t",
        "00000007\tcad\t\t",
    ]


def test_classes_of_both_lists_meet_in_one_synset(tmp_path: Path) -> None:
    (tmp_path / "imagenet").write_text("n00000003\tpoodle, poodle dog\n")
    (tmp_path / "coco").write_text("# words\npoodle | poodle | 00000003\npudel | poodle | 00000003\n")
    found = read_classes(tmp_path / "imagenet", tmp_path / "coco", NOUNS)
    assert found == {"00000003": ["poodle", "pudel"]}


@pytest.mark.parametrize("line", ["n00000003\tbeagle\n", "n00000099\tpoodle\n"])
def test_another_edition_of_wordnet_stops_the_maker(tmp_path: Path, line: str) -> None:
    (tmp_path / "imagenet").write_text(line)
    (tmp_path / "coco").write_text("")
    with pytest.raises(SystemExit, match="not WordNet"):
        read_classes(tmp_path / "imagenet", tmp_path / "coco", NOUNS)


def test_wordnet_s_files_are_read_as_their_manual_describes(tmp_path: Path) -> None:
    (tmp_path / "data.noun").write_text(
        "  1 licence\n00000002 05 n 02 dog 0 house_dog 0 001 @ 00000001 n 0000 | a\n00000001 05 n 01 animal 0 000 | b\n"
    )
    (tmp_path / "index.noun").write_text("  1 licence\nhouse_dog n 1 1 @ 1 0 00000002\ndog n 1 1 @ 1 1 00000002\n")
    (tmp_path / "cntlist.rev").write_text("dog%1:05:00:: 1 42\nbark%2:32:00:: 1 3\nlost%1:05:00:: 1 1\n")
    nouns = read_nouns(tmp_path)
    assert nouns.senses == {"house dog": ("00000002",), "dog": ("00000002",)}
    assert nouns.kinds == {"00000001": "05", "00000002": "05"}
    assert nouns.counted == {"00000002"}


def test_the_shipped_file_is_what_the_maker_makes() -> None:
    if not (WORDNET / "data.noun").exists():
        pytest.skip("WordNet (the package wordnet-base) is not installed")
    nouns = read_nouns(WORDNET)
    made = lines(read_classes(REPOSITORY / IMAGENET, COCO, nouns), nouns)
    assert FILE.read_text(encoding="utf-8").splitlines() == made
