"""Pixels to tensors, by numbers."""

from typing import Any

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.specs import Align, Channels, Element, Filter, Layout, Preprocessing, Resize, Rounding
from image_tagger.models.preprocessing.preparing import blank, needed_pixels, prepare


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
    assert needed_pixels(Preprocessing(Size(224, 224), Resize.SHORTEST, before_crop=Size(256, 256))) == 256
    assert needed_pixels(Preprocessing(Size(224, 224), Resize.SQUASH, before_crop=Size(256, 248))) == 256


def two_steps(**numbers: Any) -> Preprocessing:
    """Into raw bytes, so that a shift of one pixel shows."""
    return Preprocessing(scale=1.0, layout=Layout.NHWC, element=Element.UINT8, **numbers)


def test_the_short_side_is_resized_and_the_centre_taken() -> None:
    wanted = two_steps(size=Size(4, 4), resize=Resize.SHORTEST, before_crop=Size(6, 6))
    pixels = picture(12, 6)
    assert np.array_equal(prepare(pixels, wanted), pixels[1:5, 4:8])


@pytest.mark.parametrize(("rounding", "left"), [(Rounding.DOWN, 1), (Rounding.EVEN, 2)])
def test_an_odd_margin_is_rounded_as_the_network_was_trained(rounding: Rounding, left: int) -> None:
    pixels = picture(7, 4)
    tensor = prepare(pixels, two_steps(size=Size(4, 4), resize=Resize.KEEP, rounding=rounding))
    assert np.array_equal(tensor, pixels[:, left : left + 4])


@pytest.mark.parametrize(("rounding", "above"), [(Rounding.DOWN, 2), (Rounding.EVEN, 1)])
def test_black_is_added_where_the_picture_is_smaller_than_the_crop(rounding: Rounding, above: int) -> None:
    pixels = picture(4, 1).clip(1)
    tensor = prepare(pixels, two_steps(size=Size(4, 4), resize=Resize.KEEP, rounding=rounding))
    assert np.array_equal(tensor[above], pixels[0])
    assert np.count_nonzero(tensor) == np.count_nonzero(pixels)


def test_a_picture_as_narrow_as_a_hair_is_never_made_large() -> None:
    wanted = two_steps(size=Size(224, 224), resize=Resize.SHORTEST, before_crop=Size(256, 256))
    pixels = np.full((1, 30_000_000, 3), 77, np.uint8)
    assert np.all(prepare(pixels, wanted) == 77)


@pytest.mark.parametrize(("width", "height"), [(9, 700), (700, 9)])
def test_a_narrow_picture_differs_by_rounding_alone(width: int, height: int) -> None:
    narrow = two_steps(size=Size(8, 8), resize=Resize.SHORTEST, before_crop=Size(10, 10))
    pixels = np.ascontiguousarray(picture(width, height))
    short, long = 10, 10 * 700 // 9
    full = (short, long) if width < height else (long, short)
    whole = np.asarray(PIL.Image.fromarray(pixels).resize(full, PIL.Image.Resampling.BILINEAR)).astype(int)
    top, left = ((full[1] - 8) // 2, (full[0] - 8) // 2)
    assert np.abs(prepare(pixels, narrow) - whole[top : top + 8, left : left + 8]).max() <= 1


def test_colours_can_be_asked_for_in_the_other_order() -> None:
    pixels = picture(4, 4)
    assert np.array_equal(prepare(pixels, two_steps(size=Size(4, 4), channels=Channels.BGR)), pixels[..., ::-1])


@pytest.mark.parametrize("resize", [Resize.CROP, Resize.KEEP])
def test_a_size_before_the_crop_goes_with_two_ways_of_resizing_only(resize: Resize) -> None:
    with pytest.raises(InvalidModel, match="`squash` and `shortest` only"):
        Preprocessing(Size(4, 4), resize, before_crop=Size(6, 6))


@pytest.mark.parametrize(
    ("layout", "shape"),
    [(Layout.NCHW, "cyx"), (Layout.NCWH, "cxy"), (Layout.NHWC, "yxc"), (Layout.NWHC, "xyc")],
)
@pytest.mark.parametrize("channels", Channels)
def test_the_dimensions_have_the_order_that_is_asked_for(layout: Layout, shape: str, channels: Channels) -> None:
    pixels = picture(5, 3)
    tensor = prepare(pixels, Preprocessing(Size(5, 3), scale=1.0, layout=layout, channels=channels))
    sides = {"c": channels.planes, "y": 3, "x": 5}
    assert tensor.shape == tuple(sides[axis] for axis in shape)
    assert tensor.flags.c_contiguous
    upright = tensor.transpose([shape.index(axis) for axis in "yxc"])
    colours = {Channels.RGB: pixels, Channels.BGR: pixels[..., ::-1]}
    if channels is not Channels.GREY:
        assert np.array_equal(upright, colours[channels])


def test_grey_is_the_luma_of_the_three_colours() -> None:
    pixels = picture(6, 4)
    tensor = prepare(pixels, two_steps(size=Size(6, 4), channels=Channels.GREY))
    np.testing.assert_allclose(tensor[..., 0], pixels @ (0.299, 0.587, 0.114), atol=1)


def test_grey_has_the_first_mean_and_deviation() -> None:
    wanted = Preprocessing(Size(2, 2), mean=(0.5, 9, 9), std=(0.25, 9, 9), channels=Channels.GREY)
    np.testing.assert_allclose(prepare(np.full((2, 2, 3), 255, np.uint8), wanted), np.full((1, 2, 2), 2), atol=1e-6)


@pytest.mark.parametrize(("align", "beside"), [(Align.CENTRE, ([0, 1], [6, 7])), (Align.TOP_LEFT, ([4, 5, 6, 7],))])
def test_the_rest_of_the_rectangle_is_filled(align: Align, beside: tuple[list[int], ...]) -> None:
    wanted = two_steps(size=Size(8, 8), resize=Resize.FILL, align=align, fill=(114, 1, 2))
    tensor = prepare(np.full((20, 10, 3), 77, np.uint8), wanted)
    columns = [column for group in beside for column in group]
    assert np.all(tensor[:, columns] == (114, 1, 2))
    assert np.all(np.delete(tensor, columns, axis=1) == 77)


def test_the_colour_to_fill_with_is_white_and_turned_with_the_channels() -> None:
    pixels = np.zeros((1, 2, 3), np.uint8)
    assert np.all(prepare(pixels, two_steps(size=Size(4, 4), resize=Resize.FILL))[0] == 255)
    red = two_steps(size=Size(4, 4), resize=Resize.FILL, fill=(255, 0, 0), channels=Channels.BGR)
    assert prepare(pixels, red)[0, 0].tolist() == [0, 0, 255]


@pytest.mark.parametrize(
    ("width", "height", "multiple", "expected"),
    [(1000, 600, 1, (480, 800)), (600, 1000, 1, (800, 480)), (40, 30, 1, (600, 800)), (1000, 610, 32, (512, 800))],
)
def test_the_network_is_given_the_pictures_own_shape(
    width: int, height: int, multiple: int, expected: tuple[int, int]
) -> None:
    wanted = two_steps(size=Size(800, 800), resize=Resize.NETWORK, multiple=multiple)
    assert prepare(picture(width, height), wanted).shape == (*expected, 3)


def test_what_a_multiple_adds_is_filled() -> None:
    wanted = two_steps(size=Size(8, 8), resize=Resize.NETWORK, multiple=4, align=Align.TOP_LEFT)
    tensor = prepare(np.zeros((5, 8, 3), np.uint8), wanted)
    assert tensor.shape == (8, 8, 3)
    assert np.all(tensor[:5] == 0)
    assert np.all(tensor[5:] == 255)


def test_scaled_bytes_are_rounded_and_stay_in_their_range() -> None:
    wanted = Preprocessing(Size(2, 2), scale=2.0, mean=(0.6, 300, -400), element=Element.UINT8)
    tensor = prepare(np.full((2, 2, 3), 51, np.uint8), wanted)
    assert tensor[:, 0, 0].tolist() == [101, 0, 255]
    up = Preprocessing(Size(2, 2), scale=2.0, mean=(0.4, -0.4, 0.1), element=Element.UINT8)
    assert prepare(np.full((2, 2, 3), 51, np.uint8), up)[:, 0, 0].tolist() == [102, 102, 102]


@pytest.mark.parametrize(
    ("resize", "expected"),
    [
        (Resize.FILL, 60),
        (Resize.SHORTEST, 60),
        (Resize.NETWORK, 80),
        (Resize.SQUASH, 80),
        (Resize.CROP, 80),
        (Resize.KEEP, None),
    ],
)
def test_no_more_pixels_are_needed_than_the_tensor_can_show(resize: Resize, expected: int | None) -> None:
    assert needed_pixels(Preprocessing(Size(80, 60), resize)) == expected


@pytest.mark.parametrize("layout", Layout)
def test_a_blank_tensor_has_the_shape_of_a_real_one(layout: Layout) -> None:
    wanted = Preprocessing(Size(6, 4), layout=layout, channels=Channels.GREY, element=Element.UINT8)
    real = prepare(picture(60, 40), wanted)
    assert (blank(wanted).shape, blank(wanted).dtype) == (real.shape, real.dtype)
