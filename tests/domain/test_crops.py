"""Which part of a picture counts."""

import pytest

from image_tagger.domain.crops import Crop
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.geometry import Region

TRIANGLE = ((0.2, 0.1), (0.6, 0.3), (0.4, 0.9))


def test_without_a_region_it_is_the_whole_picture() -> None:
    assert Crop().bounds == Region(0.0, 0.0, 1.0, 1.0)
    assert Crop().share == 1.0


def test_a_region_is_its_own_bounds() -> None:
    region = Region(0.25, 0.5, 1.0, 0.75)
    assert Crop(region).bounds == region
    assert Crop(region).share == 0.25


def test_three_points_are_a_polygon_and_two_are_not() -> None:
    assert Crop(polygon=TRIANGLE).bounds == Region(0.2, 0.1, 0.6, 0.9)
    with pytest.raises(InvalidRequest, match=r"^a polygon needs at least 3 points$"):
        Crop(polygon=TRIANGLE[:2])


def test_a_polygon_without_an_area_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="min < max"):
        Crop(polygon=((0.2, 0.1), (0.2, 0.3), (0.2, 0.9)))


def test_a_region_and_a_polygon_exclude_each_other() -> None:
    with pytest.raises(InvalidRequest, match=r"^a crop is a box or a polygon, not both$"):
        Crop(Region(0.0, 0.0, 1.0, 1.0), TRIANGLE)
