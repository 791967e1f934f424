"""Parts of pictures: rectangles, polygons, and what stands before a background."""

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray

from image_tagger.domain.crops import Crop
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.geometry import Region
from image_tagger.media.cropping import cut


def on_white(noise: int = 0) -> NDArray[np.uint8]:
    """A dark rectangle, columns 50 to 89 and rows 30 to 59, on white 200 x 100."""
    picture = np.full((100, 200, 3), 255, np.int16)
    picture[30:60, 50:90] = 10
    picture -= np.random.default_rng(0).integers(0, noise + 1, picture.shape)
    return picture.clip(0, 255).astype(np.uint8)


def test_a_rectangle_is_cut_out() -> None:
    part = cut(on_white(), Crop(Region(0.25, 0.3, 0.45, 0.6)))
    assert part.pixels.shape == (30, 40, 3)
    assert (part.pixels == 10).all()
    assert part.region == Region(0.25, 0.3, 0.45, 0.6)


def test_the_smallest_part_is_a_pixel() -> None:
    assert cut(on_white(), Crop(Region(0.9999, 0.9999, 1, 1))).pixels.shape == (1, 1, 3)


def test_outside_of_a_polygon_is_black() -> None:
    part = cut(on_white(), Crop(polygon=((0, 0), (0.5, 0), (0, 1)))).pixels
    assert part.shape == (100, 100, 3)
    assert part[1, 1].tolist() == [255, 255, 255]
    assert part[99, 99].tolist() == [0, 0, 0]


@pytest.mark.parametrize("noise", [0, 20])
def test_a_uniform_background_is_cut_away(noise: int) -> None:
    assert cut(on_white(noise), Crop(uniform_background=True)).region == Region(0.25, 0.3, 0.45, 0.6)


def test_of_a_large_picture_the_background_is_cut_away_without_much_memory() -> None:
    picture = np.full((1500, 2000, 3), 250, np.uint8)
    picture[600:1300, 500:1900] = (0, 250, 250)
    tracemalloc.start()
    part = cut(picture, Crop(uniform_background=True))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert part.region == Region(0.25, 0.4, 0.95, 1300 / 1500)
    assert peak < picture.nbytes  # bytes


def test_a_background_of_many_colours_stays() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (40, 60, 3)).astype(np.uint8)
    assert cut(noise, Crop(uniform_background=True)).pixels.shape == noise.shape


def test_a_picture_of_one_colour_stays() -> None:
    white = np.full((10, 20, 3), 255, np.uint8)
    assert cut(white, Crop(uniform_background=True)).region == Region(0, 0, 1, 1)


@pytest.mark.parametrize("corners", [((0, 0), (1, 1)), ((0, 0), (0, 0.5), (0, 1)), ((0, 0), (2, 0), (1, 1))])
def test_polygons_need_three_points_and_an_area(corners: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(InvalidRequest):
        Crop(polygon=corners)


def test_a_crop_is_a_box_or_a_polygon() -> None:
    with pytest.raises(InvalidRequest):
        Crop(Region(0, 0, 1, 1), ((0, 0), (1, 0), (1, 1)))
