"""Groups from an is-a hierarchy: the nearest one, checked against the words of the edition."""

from pathlib import Path

import pytest

from training.hierarchy import GROUPS, Group, Synset, group_of, lines, read_groups, read_wordnet

WORDNET = {
    "00000001": Synset(("entity",), ()),
    "00000010": Synset(("animal", "beast"), ("00000001",)),
    "00000011": Synset(("pet",), ("00000010",)),
    "00000012": Synset(("canine",), ("00000010",)),
    "00000013": Synset(("dog",), ("00000012", "00000011")),
    "00000014": Synset(("beagle",), ("00000013",)),
    "00000015": Synset(("wolf",), ("00000012",)),
    "00000020": Synset(("stone",), ("00000001",)),
}
ANIMAL = Group("animal", (("animal", "00000010"),))
DOG = Group("animal > dog", (("dog", "00000013"),))
PET = Group("pet", (("pet", "00000011"),))
CANINE = Group("canine", (("canine", "00000012"),))


def row(wnid: str, synonyms: str) -> dict[str, str | int]:
    return {"wnid": f"n{wnid}", "synonyms": synonyms, "label": synonyms.partition(",")[0]}


def test_the_nearest_group_is_the_group_of_a_class() -> None:
    assert group_of("n00000014", (ANIMAL, DOG), WORDNET) == DOG
    assert group_of("n00000015", (ANIMAL, DOG), WORDNET) == ANIMAL


def test_a_class_may_be_what_its_group_is_called_after() -> None:
    assert group_of("n00000013", (ANIMAL, DOG), WORDNET) == DOG


@pytest.mark.parametrize("groups", [(PET, CANINE), (CANINE, PET)])
def test_of_equally_near_groups_the_earlier_one_wins(groups: tuple[Group, ...]) -> None:
    assert group_of("n00000014", groups, WORDNET) == groups[0]


def test_there_is_one_line_for_each_class_in_order() -> None:
    classes = [row("00000015", "wolf"), row("00000014", "Beagle, beagle hound")]
    assert lines(classes, (ANIMAL, DOG), WORDNET) == ["animal", "animal > dog"]


def test_a_class_without_a_group_stops_the_maker() -> None:
    with pytest.raises(SystemExit, match="stone"):
        lines([row("00000020", "stone")], (ANIMAL, DOG), WORDNET)


@pytest.mark.parametrize(
    ("classes", "groups"),
    [
        ([row("00000014", "poodle")], (ANIMAL,)),
        ([row("99999999", "beagle")], (ANIMAL,)),
        ([row("00000014", "beagle")], (Group("animal", (("plant", "00000010"),)),)),
    ],
    ids=["another class", "no such synset", "another group"],
)
def test_another_edition_of_wordnet_stops_the_maker(
    classes: list[dict[str, str | int]], groups: tuple[Group, ...]
) -> None:
    with pytest.raises(SystemExit, match="not WordNet"):
        lines(classes, groups, WORDNET)


def test_the_database_is_read_as_its_manual_describes(tmp_path: Path) -> None:
    file = tmp_path / "data.noun"
    file.write_text(
        "  1 This line belongs to the licence | and is no synset.  \n"
        "00000010 05 n 02 animal 0 wild_beast 0 002 @ 00000001 n 0000 ~ 00000012 n 0000 | a living | being  \n"
        "00000012 05 n 01 canine 0 001 @ 00000010 n 0000 | like a dog  \n",
        encoding="latin-1",
    )
    assert read_wordnet(file) == {
        "00000010": Synset(("animal", "wild beast"), ("00000001",)),
        "00000012": Synset(("canine",), ("00000010",)),
    }


def test_a_group_stands_below_one_that_is_known(tmp_path: Path) -> None:
    file = tmp_path / "groups.txt"
    file.write_text("# words\nanimal > dog | dog 00000013\nanimal | animal 00000010\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="'animal' must come before"):
        read_groups(file)


def test_a_group_may_have_several_synsets(tmp_path: Path) -> None:
    file = tmp_path / "groups.txt"
    file.write_text("pets and dogs | pet 00000011, house dog 00000013\n", encoding="utf-8")
    assert read_groups(file) == (Group("pets and dogs", (("pet", "00000011"), ("house dog", "00000013"))),)


def test_no_class_is_more_than_two_groups_deep() -> None:
    assert {group.path.count(" > ") for group in read_groups(GROUPS)} == {0, 1}
