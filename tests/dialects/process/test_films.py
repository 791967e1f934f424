"""D20: films are tagged in the shape of pictures, and a bad one stops nothing."""

import json
from pathlib import Path

import httpx
import pytest

from tests.dialects.films import CODECS, FRUIT, SEA, animation, damaged, shot, video
from tests.dialects.pictures import encoded, jpeg
from tests.dialects.process.documents import (
    NOT_SUITABLE,
    WRONG_TYPE,
    Json,
    document,
    post,
    success,
    treated,
)

ONE, OTHER = FRUIT, SEA


def probabilities(content: list[Json]) -> dict[str, float]:
    """Label -> probability; of names that stand twice, the higher."""
    return {item["label"]: item["probability"] for item in reversed(content)}


def test_d20_a_film_beside_a_picture_is_tagged_in_the_picture_s_shape(client: httpx.Client) -> None:
    film = document("film", video(*[ONE] * 6), "mp4")
    envelope = success(post(client, document("picture", encoded(shot(ONE))), film, num_labels=3))

    assert [found["id"] for found in envelope["data"]] == ["picture", "film"]
    assert [len(found["source"]["content"]) for found in envelope["data"]] == [3, 3]
    picture, same = (found["source"]["content"] for found in envelope["data"])
    assert picture[0]["label"] == same[0]["label"]


@pytest.mark.parametrize("container", CODECS)
def test_d20_every_kind_of_film_is_tagged(client: httpx.Client, container: str) -> None:
    (content,) = treated(client, document("film", video(*[ONE] * 4, container=container), container))

    assert len(content) == 5


def test_d20_a_film_s_probabilities_are_the_mean_of_its_frames(client: httpx.Client) -> None:
    films = (video(*[ONE] * 8), video(*[OTHER] * 8), video(*[ONE] * 4, *[OTHER] * 4))
    one, other, both = (
        probabilities(content)
        for content in treated(client, *(document(n, film, "mp4") for n, film in enumerate(films)), num_labels=1000)
    )

    assert sum(both.values()) == pytest.approx(1, abs=0.01)
    for label in (max(one, key=one.__getitem__), max(other, key=other.__getitem__)):
        assert both[label] == pytest.approx((one[label] + other[label]) / 2, abs=0.08)


def test_d20_an_animation_sent_as_a_film_is_one(client: httpx.Client) -> None:
    gif = animation(*[ONE] * 2, *[OTHER] * 2)
    first, mean = treated(client, document("gif", gif, "gif"), document("film", gif, "MP4"), num_labels=1000)

    assert probabilities(first) != pytest.approx(probabilities(mean), abs=0.01)


def test_d20_a_picture_sent_as_a_film_is_tagged_as_it_is(client: httpx.Client) -> None:
    picture, film = treated(client, document("1", encoded(shot(ONE)), "jpg"), document("2", encoded(shot(ONE)), "webm"))

    assert [item["label"] for item in film] == [item["label"] for item in picture]
    assert probabilities(film) == pytest.approx(probabilities(picture), abs=1e-3)


def test_d20_films_that_cannot_be_tagged_are_listed_in_order(client: httpx.Client) -> None:
    bad = [
        document("text", b"this is no film", "mp4"),
        document("cut", video(*[ONE] * 8)[:400], "mp4"),
        document("damaged", damaged(), "mov"),
        document("empty", b"", "avi"),
        document("null", None, "webm"),
        document("mpeg", video(ONE), "mpeg"),
    ]
    envelope = success(post(client, document("first", jpeg(1)), *bad, document("last", video(ONE, ONE), "mp4")))

    assert [found["id"] for found in envelope["data"]] == ["first", "last"]
    listed = [{str(one["id"]): NOT_SUITABLE} for one in bad[:-1]]
    assert envelope["list_id_not_treated"] == [*listed, {"mpeg": WRONG_TYPE}]


def test_d20_real_films_are_tagged(client: httpx.Client, shared_data: Path) -> None:
    folder = shared_data / "videos"
    films = [one["file"] for one in json.loads((folder / "videos.json").read_text("utf-8"))["videos"]]
    documents = [document(name, (folder / name).read_bytes(), name.rpartition(".")[2]) for name in films]

    contents = treated(client, *documents, num_labels=4)

    assert [len(content) for content in contents] == [4] * len(films)
