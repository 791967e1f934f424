"""Drawn pictures are the same at every call; the photos outside the labels are there, and outside."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from training.hierarchy import GROUPS, read_groups
from training.outside import EACH, PHOTOS, SIZE, drawn, real_photos


@pytest.fixture(scope="module")
def pictures() -> dict[str, list[NDArray[np.uint8]]]:
    return drawn()


def test_every_kind_has_its_pictures(pictures: dict[str, list[NDArray[np.uint8]]]) -> None:
    shapes = {kind: {picture.shape for picture in made} for kind, made in pictures.items()}
    assert set(shapes) == {"one colour", "soft colours", "noise", "text"}
    assert all(found == {(SIZE[1], SIZE[0], 3)} for found in shapes.values())
    assert {len(made) for made in pictures.values()} == {EACH}


def test_the_same_pictures_are_drawn_each_time(pictures: dict[str, list[NDArray[np.uint8]]]) -> None:
    again = drawn()
    assert all(np.array_equal(pictures[kind], again[kind]) for kind in pictures)


def test_pictures_of_a_kind_differ_from_each_other(pictures: dict[str, list[NDArray[np.uint8]]]) -> None:
    for made in pictures.values():
        assert not np.array_equal(made[0], made[1])


@pytest.mark.parametrize("path", sorted(set(PHOTOS.values()) - {""}))
def test_what_holds_for_a_photo_is_a_group(path: str) -> None:
    assert path in {group.path for group in read_groups(GROUPS)}


def test_the_photos_are_there_and_have_no_label_of_the_network(shared_data: Path) -> None:
    rows = {row["file"]: row for row in json.loads((shared_data / "photos" / "photos.json").read_text())}
    for photo in real_photos(shared_data / "photos"):
        assert photo.file.is_file()
        assert not rows[photo.file.name].get("in_union293")
