"""`image-tagger find`: pictures among what was recognised earlier."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Tagger
from tests.dialects.images.conftest import SEEN, remember

REX, TOM, CAR, PUG = SEEN


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IMAGE_TAGGER_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def _seen(data_dir: Path) -> None:
    remember(data_dir, SEEN)


@pytest.mark.usefixtures("_seen")
def test_pictures_are_listed_with_what_is_on_them(tagger: Tagger) -> None:
    outcome = tagger("find", "dog")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == f"{REX}: golden retriever 90.0%, tennis ball 40.0%\n{PUG}: pug 60.0%\n"


@pytest.mark.usefixtures("_seen")
def test_paths_alone_are_for_other_programs(tagger: Tagger) -> None:
    assert tagger("find", "animal and not sofa", "--paths").out == f"{REX}\n{PUG}\n"
    assert tagger("find", "not unicorn", "--paths", "--limit", "2").out == f"{REX}\n{TOM}\n"
    assert tagger("find", "dog", "--paths", "--min", "0.1").out == f"{REX}\n{CAR}\n{PUG}\n"


@pytest.mark.usefixtures("_seen")
def test_as_json(tagger: Tagger) -> None:
    found = json.loads(tagger("find", "car", "--json").out)
    assert found == [{"picture": CAR, "labels": [{"label": "sports car", "confidence": 0.7, "model": "starter"}]}]


@pytest.mark.usefixtures("_seen")
def test_nothing_found_is_no_failure(tagger: Tagger) -> None:
    outcome = tagger("find", "dog", "--model", "another")
    assert (outcome.status, outcome.out, outcome.err) == (0, "", "image-tagger: nothing was found\n")
    assert json.loads(tagger("find", "unicorn", "--json").out) == []


def test_nothing_is_found_where_nothing_was_recorded(tagger: Tagger) -> None:
    assert tagger("find", "dog").err == (
        "image-tagger: nothing was found: no results are recorded yet; "
        "`image-tagger tag FOLDER --output FILE` and bulk jobs record them\n"
    )


def test_a_query_that_is_none_is_one_line_with_the_place(tagger: Tagger) -> None:
    outcome = tagger("find", "dog and (cat")
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == "image-tagger: the search means nothing at character 9: the bracket has no end\n"


def test_more_than_a_page_is_found(tagger: Tagger, data_dir: Path) -> None:
    remember(data_dir, {f"{number:04}": {"pug": 0.9} for number in range(2100)})
    assert tagger("find", "dog", "--paths").out.splitlines() == [f"{number:04}" for number in range(2100)]
    assert len(tagger("find", "dog", "--limit", "1500", "--paths").out.splitlines()) == 1500


def test_one_shape_at_a_time(tagger: Tagger) -> None:
    assert tagger("find", "dog", "--paths", "--json").status == 2


def test_help_has_its_examples(tagger: Tagger) -> None:
    lines = tagger("find", "--help").out.splitlines()
    assert '    image-tagger find "dog and not beach" --min 0.5' in lines
    assert max(map(len, lines)) <= 80
