"""`image-tagger tag --vocabulary`: labels in the user's words."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Tagger
from tests.dialects.pictures import jpeg, scene

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "vocabulary.toml"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    return tmp_path / "a.jpg"


def words(picture: Path, text: str) -> str:
    file = picture.with_name("words.toml")
    file.write_text(text, encoding="utf-8")
    return str(file)


def labels(tagger: Tagger, picture: Path, *options: str) -> list[dict[str, Any]]:
    outcome = tagger("tag", str(picture), "--json", *options)
    assert (outcome.status, outcome.err) == (0, "")
    (seen,) = json.loads(outcome.out)
    return list(seen["labels"])


def test_labels_are_rolled_up_from_all_scores(tagger: Tagger, picture: Path) -> None:
    everything = labels(tagger, picture, "--top", "1000")
    file = words(picture, 'roll_up = ["entity"]')
    (entity,) = labels(tagger, picture, "--top", "1", "--vocabulary", file)
    assert entity["label"] == "entity"
    assert entity["confidence"] == pytest.approx(sum(one["confidence"] for one in everything), abs=1e-4)


def test_the_selection_is_made_in_the_user_s_words(tagger: Tagger, picture: Path) -> None:
    file = words(picture, 'roll_up = ["animal", "artifact", "food"]\nothers = "hide"')
    found = labels(tagger, picture, "--vocabulary", file, "-c", "0.2")
    assert {one["label"] for one in found} <= {"animal", "artifact", "food"}
    assert found
    assert all(one["confidence"] >= 0.2 for one in found)


def test_a_setting_names_the_vocabulary_of_every_day(
    tagger: Tagger, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGE_TAGGER_VOCABULARY", words(picture, 'roll_up = ["entity"]'))
    assert [one["label"] for one in labels(tagger, picture)] == ["entity"]
    other = words(picture, 'roll_up = ["entity"]\n[translate.de]\nentity = "Etwas"')
    assert [one["label"] for one in labels(tagger, picture, "--vocabulary", other)] == ["Etwas"]


def test_sidecars_are_written_in_the_user_s_words(tagger: Tagger, picture: Path) -> None:
    file = words(picture, 'roll_up = ["entity"]\n[rename]\nentity = "something"')
    labels(tagger, picture, "--vocabulary", file, "--xmp", "-c", "0.5")
    assert b"<rdf:li>something</rdf:li>" in picture.with_name("a.jpg.xmp").read_bytes()


def test_segments_of_a_film_are_in_the_user_s_words(tagger: Tagger, picture: Path) -> None:
    film = picture.with_name("film.gif")
    frames = [scene(seed) for seed in range(4)]
    frames[0].save(film, save_all=True, append_images=frames[1:], duration=500)
    file = words(picture, 'roll_up = ["entity"]')
    outcome = tagger("tag", str(film), "--json", "--vocabulary", file, "--xmp", "-c", "0.5")
    assert (outcome.status, outcome.err) == (0, "")
    (seen,) = json.loads(outcome.out)
    assert [(one["label"], one["start"], one["end"]) for one in seen["segments"]] == [("entity", 0.0, 2.0)]
    assert b"<rdf:li>entity</rdf:li>" in film.with_name("film.gif.xmp").read_bytes()


def test_a_wrong_vocabulary_is_one_error(tagger: Tagger, picture: Path) -> None:
    outcome = tagger("tag", str(picture), "--vocabulary", words(picture, "hides = []"))
    assert outcome.status == 1
    assert outcome.err.startswith("image-tagger: the vocabulary has no key hides; there are: ")


def test_the_documented_vocabulary_is_one(tagger: Tagger, picture: Path) -> None:
    assert labels(tagger, picture, "--vocabulary", str(EXAMPLE))
