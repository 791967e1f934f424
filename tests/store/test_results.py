"""Results in the database, and searches that must find what a plain look at every picture finds."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from random import Random
from typing import Any

import pytest

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.finding import And, Expression, Label, Not, Or, read_search
from image_tagger.domain.geometry import Region
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.results import LabelScore, PictureFile, Recognised, Search
from image_tagger.store.database import Database
from image_tagger.store.results import Results
from image_tagger.store.searching import FEW
from image_tagger.store.tables import labels

KINDS = {"animal": {"dog", "cat"}, "thing": {"sofa", "car", "ball"}}
Scores = dict[str, float]


def expand(query: str, labels: Iterable[str]) -> frozenset[str]:
    """A taxonomy of two levels."""
    return frozenset(label for label in labels if label in {query, *KINDS.get(query, ())})


def seen(key: str, **scores: float) -> Recognised:
    return Recognised(PictureFile(key), tuple(Prediction(label, score) for label, score in scores.items()))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def results(database: Database) -> Results:
    return Results(database)


async def keys(results: Results, text: str, least: float = 0.3, **page: object) -> list[str]:
    found = await results.search(Search(read_search(text), least, **page), expand)  # type: ignore[arg-type]  # of several types
    return [one.key for one in found]


async def test_pictures_are_found_by_labels_and_classes(results: Results) -> None:
    await results.record("m", [seen("a", dog=0.9, sofa=0.4), seen("b", cat=0.8), seen("c", car=0.7, dog=0.1)])

    assert await keys(results, "dog") == ["a"]
    assert await keys(results, "dog", 0.1) == ["a", "c"]
    assert await keys(results, "animal") == ["a", "b"]
    assert await keys(results, "animal and not thing") == ["b"]
    assert await keys(results, "cat or car") == ["b", "c"]
    assert await keys(results, "not animal") == ["c"]
    assert await keys(results, "dog and sofa") == ["a"]
    assert await keys(results, "unicorn") == []
    assert await keys(results, "not unicorn") == ["a", "b", "c"]
    assert await keys(results, "unicorn or cat") == ["b"]
    assert await keys(results, "unicorn and cat") == []


async def test_two_may_record_the_same_pictures_at_the_same_time(database: Database) -> None:
    first, second = Results(database), Results(database)
    pictures = [f"picture {number:03}" for number in range(200)]
    for _ in range(3):
        await asyncio.gather(
            first.record("m", [seen(key, dog=0.9) for key in pictures]),
            second.record("m", [seen(key, dog=0.9) for key in pictures]),
        )
        assert await keys(first, "dog", limit=1000) == pictures
        await first.forget(pictures)


async def test_a_found_picture_has_the_labels_that_count_best_first(results: Results) -> None:
    await results.record("m", [seen("a", sofa=0.4, dog=0.9, ball=0.2)])
    await results.record("other", [seen("a", poodle=0.95)])

    (found,) = await results.search(Search(Label("dog")), expand)

    assert found.labels == (
        LabelScore("poodle", 0.95, "other"),
        LabelScore("dog", 0.9, "m"),
        LabelScore("sofa", 0.4, "m"),
    )


async def test_a_model_can_be_looked_at_alone(results: Results) -> None:
    await results.record("m", [seen("a", dog=0.9)])
    await results.record("other", [seen("a", cat=0.9), seen("b", dog=0.9)])

    assert await keys(results, "dog", model="m") == ["a"]
    assert await keys(results, "dog and cat") == ["a"]
    assert await keys(results, "dog and cat", model="m") == []
    (found,) = await results.search(Search(Label("dog"), model="m"), expand)
    assert found.labels == (LabelScore("dog", 0.9, "m"),)


async def test_what_is_recorded_again_replaces_what_that_model_saw(results: Results) -> None:
    await results.record("m", [seen("a", dog=0.9), seen("b", dog=0.9)])
    await results.record("other", [seen("a", sofa=0.9)])
    await results.record("m", [seen("a", cat=0.8), seen("a", car=0.7)])

    assert await keys(results, "dog") == ["b"]
    assert await keys(results, "cat") == []
    assert await keys(results, "car and sofa") == ["a"]


async def test_a_label_of_several_regions_has_its_best_score(results: Results) -> None:
    found = tuple(Prediction("dog", score, region=Region(0, 0, side, 1)) for score, side in ((0.4, 0.5), (0.6, 0.4)))
    await results.record("m", [Recognised(PictureFile("a"), found)])

    (picture,) = await results.search(Search(Label("dog")), expand)
    assert picture.labels == (LabelScore("dog", 0.6, "m"),)


async def test_pages_follow_each_other(results: Results) -> None:
    await results.record("m", [seen(f"{number:02}", dog=0.9) for number in range(25)])
    for text in ("dog", "not cat"):
        pages, after = [], 0
        while found := await results.search(Search(read_search(text), limit=10, after=after), expand):
            pages.append([one.key for one in found])
            after = found[-1].id
        assert [len(page) for page in pages] == [10, 10, 5]
        assert [key for page in pages for key in page] == [f"{number:02}" for number in range(25)]


async def test_files_are_kept_as_they_were_and_forgotten(results: Results) -> None:
    first = PictureFile("a", "0" * 64, 7, 1.5, (1 << 64) - 1)
    await results.record("m", [Recognised(first, (Prediction("dog", 0.9),)), Recognised(PictureFile("b"), ())])

    assert await results.known(["a", "b", "c"]) == {"a": first, "b": PictureFile("b")}
    await results.forget(["a", "c"])
    assert await results.known(["a", "b"]) == {"b": PictureFile("b")}
    assert await keys(results, "dog") == []
    await results.record("m", [])


async def test_labels_of_another_process_are_noticed(results: Results, database_url: str) -> None:
    await results.record("m", [seen("a", dog=0.9)])
    assert await keys(results, "sofa") == []
    other = Database(database_url)
    await Results(other).record("m", [seen("b", sofa=0.9)])
    await other.close()
    assert await keys(results, "sofa") == ["b"]


@pytest.mark.parametrize("few", [0, 40, FEW])
async def test_both_ways_to_search_find_what_a_look_at_every_picture_finds(database: Database, few: int) -> None:
    results = Results(database, few=few)
    random, labels = Random(0), ["dog", "cat", "sofa", "car", "ball"]  # noqa: S311 - the same every time
    every = {f"{number:03}": _scores(random, labels) for number in range(150)}
    await results.record("m", [seen(key, **scores) for key, scores in every.items()])

    for _ in range(40):
        wanted = _expression(random, [*labels, *KINDS, "unicorn"], depth=3)
        least = random.choice([0.0, 0.3, 0.7])
        found = await results.search(Search(wanted, least, limit=1000), expand)
        assert [one.key for one in found] == [key for key, scores in every.items() if _fits(wanted, scores, least)]


def test_only_texts_can_be_keys() -> None:
    for key in ("a\0b", "a\udcffb"):
        with pytest.raises(InvalidRequest, match="no text"):
            PictureFile(key)


@pytest.mark.parametrize("page", [{"least": 1.5}, {"limit": 0}, {"limit": 1001}, {"after": -1}, {"after": 2**63}])
def test_a_page_has_bounds(page: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        Search(Label("dog"), **page)


def _scores(random: Random, labels: list[str]) -> Scores:
    return {label: random.random() for label in random.sample(labels, random.randint(0, 3))}


def _expression(random: Random, labels: list[str], depth: int) -> Expression:
    kind = random.choice([Label, Label, Not, And, Or]) if depth else Label
    if kind is Label:
        return Label(random.choice(labels))
    if kind is Not:
        return Not(_expression(random, labels, depth - 1))
    parts = tuple(_expression(random, labels, depth - 1) for _ in range(random.randint(2, 3)))
    return And(parts) if kind is And else Or(parts)


def _fits(wanted: Expression, scores: Scores, least: float) -> bool:
    if isinstance(wanted, Label):
        return any(scores[label] >= least for label in expand(wanted.text, scores))
    if isinstance(wanted, Not):
        return not _fits(wanted.of, scores, least)
    parts = (_fits(part, scores, least) for part in wanted.parts)
    return all(parts) if isinstance(wanted, And) else any(parts)


async def test_a_label_that_appears_after_one_with_a_higher_id_is_found(database: Database, results: Results) -> None:
    await results.record("m", [seen("a", dog=0.9)])
    assert await keys(results, "dog") == ["a"]
    late = {"id": -1, "model": "m", "name": "cat"}
    await database.write(lambda connection: connection.execute(labels.insert(), late))
    await results.record("m", [seen("b", cat=0.8)])
    assert await keys(results, "cat") == ["b"]


async def test_empty_until_something_is_recorded(results: Results) -> None:
    assert await results.empty()
    await results.record("m", [seen("a")])
    assert not await results.empty()
