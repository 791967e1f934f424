"""Pixels to tensors, by numbers."""

import numpy as np
import pytest
from numpy.typing import NDArray

from image_tagger.domain.geometry import Size
from image_tagger.domain.specs import Element, Filter, Layout, Preprocessing, Resize
from image_tagger.models.preprocessing import needed_pixels, prepare


def picture(width: int, height: int) -> NDArray[np.uint8]:
    """Red grows to the right, green downwards, blue is 100."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width).astype(np.uint8)
    pixels[..., 1] = np.linspace(0, 255, height).astype(np.uint8)[:, None]
    pixels[..., 2] = 100
    return pixels


def test_the_numbers_are_applied_per_channel() -> None:
    wanted = Preprocessing(Size(4, 4), mean=(0.1, 0.2, 0.3), std=(0.5, 0.25, 2.0))
    tensor = prepare(picture(4, 4), wanted)
    pixels = picture(4, 4) / 255
    expected = ((pixels - (0.1, 0.2, 0.3)) / (0.5, 0.25, 2.0)).transpose(2, 0, 1)
    assert tensor.dtype == np.float32
    np.testing.assert_allclose(tensor, expected, atol=1e-6)


def test_raw_bytes_pass_untouched() -> None:
    wanted = Preprocessing(Size(4, 4), scale=1.0, layout=Layout.NHWC, element=Element.UINT8)
    tensor = prepare(picture(4, 4), wanted)
    assert tensor.dtype == np.uint8
    assert np.array_equal(tensor, picture(4, 4))


@pytest.mark.parametrize(("width", "height"), [(90, 30), (30, 90), (31, 30)])
def test_cropping_keeps_the_centre_and_the_proportions(width: int, height: int) -> None:
    wanted = Preprocessing(Size(10, 10), filter=Filter.BOX, scale=1.0, layout=Layout.NHWC, element=Element.UINT8)
    tensor = prepare(picture(width, height), wanted).astype(int)
    half_a_pixel = 255 / min(width, height) / 2 + 1  # a box filter takes or leaves a pixel on its edge whole
    assert tensor[..., 0].mean() == pytest.approx(127.5, abs=half_a_pixel)
    assert tensor[..., 1].mean() == pytest.approx(127.5, abs=half_a_pixel)
    reach = np.ptp(tensor[..., 0]) / np.ptp(tensor[..., 1])
    assert reach == pytest.approx(height / width, rel=0.1)


def test_squashing_uses_the_whole_picture() -> None:
    wanted = Preprocessing(Size(10, 10), Resize.SQUASH, filter=Filter.BOX, scale=1.0, layout=Layout.NHWC)
    tensor = prepare(picture(90, 30), wanted)
    assert np.ptp(tensor[..., 0]) == pytest.approx(np.ptp(tensor[..., 1]), rel=0.1)


def test_one_pixel_is_enough() -> None:
    assert prepare(picture(1, 1), Preprocessing(Size(8, 6))).shape == (3, 6, 8)


@pytest.mark.parametrize(("fraction", "expected"), [(1.0, 224), (0.875, 256)])
def test_a_smaller_crop_needs_a_finer_picture(fraction: float, expected: int) -> None:
    assert needed_pixels(Preprocessing(Size(224, 224), fraction=fraction)) == expected
