"""Groups above labels: paths, and the most exact answer that is sure enough, against a plain reference."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.hierarchy import Answer, Hierarchy
from image_tagger.domain.labels import LabelSet

PETS = Hierarchy.of_groups(
    LabelSet(("golden retriever", "beagle", "tabby", "pizza", "crane", "crane", "fog")),
    ("animal > dog", "animal > dog", "animal", "food", "animal > bird", "machine", ""),
)
NOTHING = (0.0,) * PETS.labels


def scores(**known: float) -> tuple[float, ...]:
    return tuple(known.get(name.replace(" ", "_"), 0.0) for name in PETS.names[: PETS.labels])


@pytest.mark.parametrize(
    ("position", "path"),
    [
        (0, ("animal", "dog", "golden retriever")),
        (2, ("animal", "tabby")),
        (4, ("animal", "bird", "crane")),
        (5, ("machine", "crane")),
        (6, ("fog",)),
    ],
)
def test_a_path_leads_from_the_outermost_group_to_the_label(position: int, path: tuple[str, ...]) -> None:
    assert PETS.path(position) == path


def answered(given_scores: tuple[float, ...], sure: float) -> tuple[tuple[str, ...], float] | None:
    answer = PETS.roll_up(given_scores, sure)
    return None if answer is None else (PETS.path(answer.position), answer.score)


def test_a_sure_label_is_the_answer() -> None:
    assert answered(scores(beagle=0.75, tabby=0.25), 0.5) == (("animal", "dog", "beagle"), 0.75)


def test_unsure_labels_of_one_group_give_the_group() -> None:
    assert answered(scores(beagle=0.375, golden_retriever=0.25, pizza=0.25), 0.5) == (("animal", "dog"), 0.625)


def test_unsure_groups_give_the_group_around_them() -> None:
    assert answered(scores(beagle=0.375, tabby=0.25), 0.5) == (("animal",), 0.625)


def test_where_nothing_is_sure_there_is_no_answer() -> None:
    assert answered(scores(beagle=0.25, pizza=0.25, fog=0.25), 0.5) is None


def test_a_score_that_just_reaches_the_threshold_is_sure_enough() -> None:
    assert answered(scores(fog=0.5), 0.5) == (("fog",), 0.5)


def test_of_two_labels_that_are_sure_enough_the_likelier_is_the_answer() -> None:
    assert answered(scores(pizza=0.25, fog=0.5), 0.25) == (("fog",), 0.5)


def test_a_group_with_a_single_label_is_less_exact_than_its_label() -> None:
    assert answered(scores(pizza=0.5), 0.5) == (("food", "pizza"), 0.5)


def test_no_score_is_above_one_however_the_sum_is_rounded() -> None:
    many = Hierarchy.of_groups(LabelSet(tuple("abcdef")), ("all",) * 6)
    tenths = (0.1, 0.2, 0.3, 0.1, 0.2, 0.1 + 4e-16)
    answer = many.roll_up(tenths, 0.99)
    assert sum(tenths) > 1
    assert answer == Answer(6, 1.0)


@pytest.mark.parametrize(
    ("names", "labels", "parents"),
    [
        ((), 0, ()),
        (("a",), 0, (None,)),
        (("a",), 2, (None,)),
        (("a", "b"), 1, (1,)),
        (("a", "b"), 2, (1, None)),
        (("a", "b"), 1, (2, None)),
        (("a", "b"), 1, (-1, None)),
        (("a", "b"), 1, (None, None)),
        (("a", "b"), 1, (1, 1)),
        (("a", "b", "c"), 1, (1, 2, 1)),
    ],
    ids=[
        "no names",
        "no labels",
        "more labels than names",
        "a parent too few",
        "a label as parent",
        "a parent beyond the end",
        "a parent before the beginning",
        "a group without a label",
        "a group in itself",
        "two groups in each other",
    ],
)
def test_a_hierarchy_is_a_forest(names: tuple[str, ...], labels: int, parents: tuple[int | None, ...]) -> None:
    with pytest.raises(InvalidModel):
        Hierarchy(names, labels, parents)


@pytest.mark.parametrize("groups", [(), ("animal",), ("animal", "food", "sky"), ("animal > ", "food"), (" ", "food")])
def test_each_label_has_one_line_and_each_group_a_name(groups: tuple[str, ...]) -> None:
    with pytest.raises(InvalidModel):
        Hierarchy.of_groups(LabelSet(("beagle", "pizza")), groups)


def test_scores_of_other_labels_are_refused() -> None:
    with pytest.raises(InvalidModel):
        PETS.roll_up((0.5, 0.5), 0.5)


def test_a_hierarchy_travels_between_processes() -> None:
    copy = pickle.loads(pickle.dumps(PETS))  # noqa: S301 - our own bytes
    assert copy == PETS
    assert copy.roll_up(scores(fog=1.0), 0.5) == PETS.roll_up(scores(fog=1.0), 0.5)


GROUP_PATHS = st.sampled_from(["", "a", "a > b", "a > b > c", "a > c", "b", "b > a", "c > c"])


@st.composite
def cases(draw: st.DrawFn) -> tuple[tuple[str, ...], tuple[float, ...], float]:
    """Groups of some labels, their scores, and a threshold, in 64ths: their sums are exact."""
    groups = tuple(draw(st.lists(GROUP_PATHS, min_size=1, max_size=12)))
    shares = draw(st.lists(st.integers(0, 64 // len(groups)), min_size=len(groups), max_size=len(groups)))
    return groups, tuple(share / 64 for share in shares), draw(st.integers(0, 64)) / 64


def reference(groups: tuple[str, ...], shares: tuple[float, ...], sure: float) -> list[tuple[int, float]]:
    """(labels covered, score) of the most exact name, by looking at every set of labels that has a name."""
    outer = {" > ".join(path.split(" > ")[:depth]) for path in groups if path for depth in (1, 2, 3)}
    sets = [[i for i, path in enumerate(groups) if f"{path} > ".startswith(f"{name} > ")] for name in outer]
    sets += [[label] for label in range(len(groups))]
    named = [(len(inside), sum(shares[label] for label in inside)) for inside in sets]
    return sorted((pair for pair in named if pair[1] >= sure), key=lambda pair: (pair[0], -pair[1]))[:1]


@given(cases())
def test_the_answer_is_that_of_the_reference(case: tuple[tuple[str, ...], tuple[float, ...], float]) -> None:
    groups, shares, sure = case
    hierarchy = Hierarchy.of_groups(LabelSet(tuple(f"label {i}" for i in range(len(groups)))), groups)
    answer = hierarchy.roll_up(shares, sure)
    found = [] if answer is None else [(covered(hierarchy, answer.position), answer.score)]
    assert found == reference(groups, shares, sure)


def covered(hierarchy: Hierarchy, position: int) -> int:
    path = hierarchy.path(position)
    return sum(hierarchy.path(label)[: len(path)] == path for label in range(hierarchy.labels))


@given(cases())
def test_more_doubt_never_makes_the_answer_more_exact(case: tuple[tuple[str, ...], tuple[float, ...], float]) -> None:
    groups, shares, sure = case
    hierarchy = Hierarchy.of_groups(LabelSet(tuple(f"label {i}" for i in range(len(groups)))), groups)
    bold, careful = hierarchy.roll_up(shares, sure / 2), hierarchy.roll_up(shares, sure)
    if careful is not None:
        assert bold is not None
        assert covered(hierarchy, bold.position) <= covered(hierarchy, careful.position)


@given(cases())
def test_every_path_ends_with_its_name(case: tuple[tuple[str, ...], tuple[float, ...], float]) -> None:
    groups, _, _ = case
    hierarchy = Hierarchy.of_groups(LabelSet(tuple(f"label {i}" for i in range(len(groups)))), groups)
    for label, group in enumerate(groups):
        assert " > ".join(hierarchy.path(label)) == f"{group} > label {label}".removeprefix(" > ")
