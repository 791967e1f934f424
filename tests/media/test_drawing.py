"""Boxes and labels on pictures: where they are, and that they can be read."""

import io

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from image_tagger.domain.geometry import Region, Size
from image_tagger.domain.predictions import Prediction
from image_tagger.media.drawing import COLOURS, LARGEST_SIDE, Style, drawn, encoded
from image_tagger.media.image import Image

MIDDLE = Region(0.25, 0.25, 0.75, 0.75)


def plain(width: int = 400, height: int = 300, colour: tuple[int, int, int] = (128, 128, 128)) -> Image:
    return Image(np.full((height, width, 3), colour, np.uint8), Size(width, height))


def cat(region: Region | None = MIDDLE, position: int = 0, label: str = "cat") -> Prediction:
    return Prediction(label, 0.87, region=region, position=position)


def changed(image: Image, *predictions: Prediction) -> NDArray[np.bool_]:
    """Which pixels were drawn on, (height, width)."""
    marks: NDArray[np.bool_] = np.any(np.asarray(drawn(image, predictions)) != image.pixels, axis=2)
    return marks


def test_the_edges_of_a_box_are_drawn_and_its_inside_is_not() -> None:
    marks = changed(plain(), cat())
    assert marks[150, 100]
    assert marks[150, 299]
    assert marks[224, 200]
    assert not marks[100:200, 120:280].any()
    assert not marks[:, 320:].any()


@pytest.mark.parametrize("background", [*COLOURS, (0, 0, 0), (255, 255, 255)])
def test_a_box_shows_on_every_background(background: tuple[int, int, int]) -> None:
    picture = np.asarray(drawn(plain(colour=background), [cat()])).astype(int)
    across = picture[150, 90:110].sum(axis=1)
    assert np.ptp(across) > 250  # the line and what goes around it differ from each other


@pytest.mark.parametrize("position", range(len(COLOURS)))
def test_text_stands_out_from_its_plate(position: int) -> None:
    colour = np.array(COLOURS[position], float)
    picture = np.asarray(drawn(plain(), [cat(position=position)])).astype(float)
    plate = picture[50:74, 102:150]  # above the box
    ink = 255.0 if abs(plate - 255).sum(axis=2).min() < abs(plate).sum(axis=2).min() else 0.0
    luminance = colour @ (0.299, 0.587, 0.114)
    assert abs(luminance - ink) > 100
    assert (abs(plate - colour).sum(axis=2) < 30).any()


def test_a_label_has_the_same_colour_in_every_picture() -> None:
    first = np.asarray(drawn(plain(), [cat(position=3), cat(Region(0.8, 0.8, 0.9, 0.9), position=5)]))
    second = np.asarray(drawn(plain(), [cat(position=3)]))
    assert (first[150, 95:110] == second[150, 95:110]).all()


def test_labels_do_not_cover_each_other() -> None:
    one = changed(plain(), cat(label="a first label"))
    both = changed(plain(), cat(label="a first label"), cat(Region(0.26, 0.25, 0.76, 0.75), 1, "another"))
    assert both.sum() > one.sum() + 500  # a second plate has found a place of its own


def test_predictions_without_a_region_are_not_drawn() -> None:
    assert not changed(plain(), cat(None)).any()


def test_labels_of_one_region_are_written_in_one_line() -> None:
    wide = changed(plain(), cat(label="cat"), cat(position=1, label="dog")).sum()
    assert wide > changed(plain(), cat(label="cat")).sum()


def test_sizes_fit_the_picture() -> None:
    small, large = Style.of((100, 100)), Style.of((4000, 3000))
    assert small.line == 2
    assert large.line > 5 * small.line
    assert large.padding > 3 * small.padding


@given(
    width=st.integers(1, 60),
    height=st.integers(1, 60),
    edges=st.tuples(*[st.floats(0, 1, allow_subnormal=False)] * 4),
    label=st.text(max_size=40),
)
def test_any_region_of_any_picture_can_be_drawn(
    width: int, height: int, edges: tuple[float, float, float, float], label: str
) -> None:
    (left, right), (top, bottom) = sorted(edges[:2]), sorted(edges[2:])
    if left < right and top < bottom:
        region = Region(left, top, right, bottom)
        assert drawn(plain(width, height), [cat(region, label=label)]).size == (width, height)


def test_a_huge_picture_is_drawn_smaller() -> None:
    assert drawn(plain(LARGEST_SIDE * 2, 100), [cat()]).size == (LARGEST_SIDE, 50)


def test_the_picture_itself_is_not_changed() -> None:
    image = plain()
    drawn(image, [cat()])
    assert (image.pixels == 128).all()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_the_drawing_is_a_file_of_the_format(form: str) -> None:
    content = encoded(drawn(plain(), [cat()]), form)
    with PIL.Image.open(io.BytesIO(content)) as picture:
        assert (picture.format, picture.size) == (form, (400, 300))
        assert not picture.getexif()
