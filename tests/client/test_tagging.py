"""`tag`: the same labels whichever way a picture is given, and errors in the product's words."""

import io
from pathlib import Path

import pytest
from PIL import Image

from image_tagger.client import Client
from image_tagger.domain.errors import InvalidMedia, InvalidRequest, UnreachableMedia
from image_tagger.domain.predictions import Prediction
from tests.client.conftest import Call
from tests.dialects.films import FRUIT, SEA, animation
from tests.dialects.pictures import encoded, png, scene
from tests.upstream import ImageHost


def test_every_way_to_give_a_picture_gives_the_same_labels(
    call: Call, photo: bytes, photo_file: Path, photo_url: str
) -> None:
    found = call("tag", photo)

    assert len(found) == 5
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert found == call("tag", photo_file) == call("tag", str(photo_file)) == call("tag", bytearray(photo))
    assert found == call("tag", photo_url)


def test_pictures_of_pillow_are_tagged_as_they_look(client: Client) -> None:
    assert client.tag(Image.open(io.BytesIO(png(3)))) == client.tag(png(3))


def test_pictures_of_pillow_stand_upright(client: Client) -> None:
    upright = scene(3)
    turned, exif = upright.transpose(Image.Transpose.ROTATE_90), Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    lying = Image.open(io.BytesIO(encoded(turned, "PNG", exif=exif)))

    assert client.tag(lying) == client.tag(encoded(upright, "PNG"))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "CMYK", "HSV", "YCbCr"])
def test_pictures_of_pillow_may_have_any_colours(client: Client, mode: str) -> None:
    assert len(client.tag(scene(4).convert(mode))) == 5


def test_the_number_of_labels_and_their_confidence_are_bounded(call: Call, photo: bytes, photo_url: str) -> None:
    every = call("tag", photo, top=None)
    assert sum(one.score for one in every) == pytest.approx(1, abs=1e-4)

    floor = every[2].score
    for picture in (photo, photo_url):
        assert call("tag", picture, top=2) == every[:2]
        assert call("tag", picture, top=None, min_confidence=floor) == every[:3]
        assert call("tag", picture, top=1, min_confidence=floor) == every[:1]
        assert call("tag", picture, min_confidence=1.0) == ()


def test_a_film_has_the_labels_of_its_frames(client: Client, tmp_path: Path) -> None:
    pytest.importorskip("av")
    film = tmp_path / "film.mp4"
    film.write_bytes(animation(SEA, FRUIT, FRUIT))

    assert client.tag(film) != client.tag(film.read_bytes())


def test_a_film_has_the_same_labels_through_a_task(call: Call, tmp_path: Path) -> None:
    pytest.importorskip("av")
    film = tmp_path / "film.MP4"
    film.write_bytes(animation(SEA, FRUIT, FRUIT))

    direct, by_task = call("tag", film), call("tag", film, model="starter")

    assert [one.label for one in by_task] == [one.label for one in direct]
    assert [one.score for one in by_task] == pytest.approx([one.score for one in direct], abs=1e-5)


def test_labels_have_no_regions(client: Client, photo: bytes) -> None:
    assert all(isinstance(one, Prediction) and one.region is None for one in client.tag(photo))


def test_what_is_no_picture_is_refused(call: Call, host: ImageHost) -> None:
    with pytest.raises(InvalidMedia):
        call("tag", b"no picture")
    with pytest.raises(UnreachableMedia):
        call("tag", host.address + "/nothing.jpg")


@pytest.mark.parametrize(("picture", "words"), [("nowhere.jpg", "there is no file nowhere.jpg"), (5, "not int")])
def test_what_is_no_picture_here_is_refused_before_anything_is_sent(
    client: Client, picture: object, words: str
) -> None:
    with pytest.raises(InvalidRequest, match=words):
        client.tag(picture)  # type: ignore[arg-type]  # what the type checker would have told


@pytest.mark.parametrize("bounds", [{"top": 0}, {"min_confidence": 1.1}, {"min_confidence": float("nan")}])
def test_bounds_without_a_meaning_are_refused(client: Client, photo: bytes, bounds: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest):
        client.tag(photo, **bounds)  # type: ignore[arg-type]  # one of several keywords
