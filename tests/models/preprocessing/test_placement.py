"""Boxes in the network's input are regions of the whole picture again, however the picture was resized."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_tagger.domain.geometry import Box, Region, Size
from image_tagger.domain.specs import Align, Element, Filter, Layout, Preprocessing, Resize, Rounding
from image_tagger.models.preprocessing.fitting import Fit, fit
from image_tagger.models.preprocessing.placement import Placement
from image_tagger.models.preprocessing.preparing import prepare

SIDES = st.integers(1, 500)
ROUNDING = 1e-9  # pixels
SIZES = st.builds(Size, SIDES, SIDES)
KINDS = st.one_of(
    st.builds(Preprocessing, SIZES, st.just(Resize.CROP), st.floats(0.1, 1)),
    st.builds(Preprocessing, SIZES, st.sampled_from([Resize.SQUASH, Resize.KEEP, Resize.SHORTEST])),
    st.builds(
        Preprocessing,
        SIZES,
        st.sampled_from([Resize.SQUASH, Resize.SHORTEST]),
        before_crop=SIZES,
        rounding=st.sampled_from(Rounding),
    ),
    st.builds(Preprocessing, SIZES, st.just(Resize.FILL), align=st.sampled_from(Align)),
    st.builds(Preprocessing, SIZES, st.just(Resize.NETWORK), align=st.sampled_from(Align), multiple=st.integers(1, 64)),
)


@given(size=SIZES, wanted=KINDS, corners=st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_a_region_comes_back_from_the_input(size: Size, wanted: Preprocessing, corners: list[float]) -> None:
    region = np.array([[*sorted(corners[::2]), *sorted(corners[1::2])]])[:, [0, 2, 1, 3]]
    placement = Placement.of(fit(size, wanted), size)
    extent = np.array((placement.width, placement.height) * 2)
    in_pixels = region * extent + (placement.left, placement.top) * 2
    np.testing.assert_allclose(placement.regions(in_pixels), region, atol=1e-9)
    in_units = in_pixels / ((placement.input.width, placement.input.height) * 2)
    np.testing.assert_allclose(placement.regions_of_unit(in_units), region, atol=1e-9)


@given(size=SIZES, wanted=KINDS)
def test_the_tensor_has_the_size_that_the_placement_names(size: Size, wanted: Preprocessing) -> None:
    tensor = prepare(np.zeros((size.height, size.width, 3), np.uint8), wanted)
    _, height, width = tensor.shape
    assert Placement.of(fit(size, wanted), size).input == Size(width, height)


@given(size=SIZES, wanted=KINDS)
def test_of_a_rectangle_that_is_filled_the_picture_covers_one_side(size: Size, wanted: Preprocessing) -> None:
    placement = Placement.of(fit(size, wanted), size)
    if wanted.resize is Resize.FILL:
        covered = (placement.width / placement.input.width, placement.height / placement.input.height)
        assert max(covered) == pytest.approx(1)
        assert placement.left >= 0
        assert placement.top >= 0
        assert placement.left + placement.width <= placement.input.width + ROUNDING
        assert placement.top + placement.height <= placement.input.height + ROUNDING


@pytest.mark.parametrize(
    "wanted",
    [
        Preprocessing(Size(96, 64)),
        Preprocessing(Size(96, 64), fraction=0.75),
        Preprocessing(Size(96, 64), Resize.SQUASH),
        Preprocessing(Size(80, 60), Resize.SQUASH, before_crop=Size(96, 64)),
        Preprocessing(Size(64, 64), Resize.SHORTEST, before_crop=Size(72, 72), rounding=Rounding.EVEN),
        Preprocessing(Size(150, 90), Resize.KEEP),
        Preprocessing(Size(96, 96), Resize.FILL),
        Preprocessing(Size(96, 96), Resize.FILL, align=Align.TOP_LEFT),
        Preprocessing(Size(64, 200), Resize.FILL),
        Preprocessing(Size(96, 96), Resize.NETWORK),
        Preprocessing(Size(97, 97), Resize.NETWORK, multiple=32),
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [Size(200, 130), Size(131, 201)])
def test_what_is_seen_in_the_input_is_found_in_the_picture(wanted: Preprocessing, size: Size) -> None:
    pixels = np.zeros((size.height, size.width, 3), np.uint8)
    left, top, right, bottom = size.width // 2 - 9, size.height // 2 - 8, size.width // 2 + 17, size.height // 2 + 15
    pixels[top:bottom, left:right, 1] = 255
    placement = Placement.of(fit(size, wanted), size)
    seen = prepare(pixels, wanted)[1] - prepare(np.zeros_like(pixels), wanted)[1] > 0.5
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    box = np.array([[columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]])
    found = placement.regions(box)[0] * ((size.width, size.height) * 2)
    pixel_of_input = max(size.width / placement.width, size.height / placement.height)
    np.testing.assert_allclose(found, (left, top, right, bottom), atol=pixel_of_input)


def test_what_lies_beside_the_picture_is_cut_off() -> None:
    placement = Placement(10, 0, 80, 100, Size(100, 100))
    found = placement.regions(np.array([[0, -5, 50, 50], [90, 90, 100, 120]]))
    np.testing.assert_allclose(found, [[0, 0, 0.5, 0.5], [1, 0.9, 1, 1]])


def test_no_boxes_are_no_regions() -> None:
    assert Placement.whole(Size(8, 8)).regions(np.zeros((0, 4), np.float32)).shape == (0, 4)


@pytest.mark.parametrize(("original", "decoded", "shown"), [(1001, 126, 1001 / 8), (1000, 125, 125), (300, 131, 131)])
def test_of_a_reduced_scale_the_last_pixel_may_reach_beyond_the_picture(
    original: int, decoded: int, shown: float
) -> None:
    size, squashed = Size(decoded, decoded), Preprocessing(Size(63, 63), Resize.SQUASH)
    placement = Placement.of(fit(size, squashed), size, Size(original, original))
    assert placement.width == pytest.approx(63 * shown / decoded)
    assert placement.height == pytest.approx(63 * shown / decoded)


def test_a_filled_picture_lies_where_the_placement_says() -> None:
    wanted = Preprocessing(
        Size(10, 8), Resize.FILL, filter=Filter.BOX, scale=1.0, layout=Layout.NHWC, element=Element.UINT8
    )
    tensor = prepare(np.zeros((4, 2, 3), np.uint8), wanted)
    assert Placement.of(fit(Size(2, 4), wanted), Size(2, 4)) == Placement(3, 0, 4, 8, Size(10, 8))
    assert np.all(tensor[:, 3:7] == 0)
    assert np.all(tensor[:, :3] == 255)
    assert np.all(tensor[:, 7:] == 255)


def test_of_an_odd_number_of_spare_pixels_the_smaller_half_comes_first() -> None:
    wide, high = (Preprocessing(Size(*sides), Resize.FILL) for sides in ((9, 4), (4, 9)))
    assert (fit(Size(4, 4), wide).left, fit(Size(4, 4), wide).top) == (2, 0)
    assert (fit(Size(4, 4), high).left, fit(Size(4, 4), high).top) == (0, 2)


def test_the_longer_side_is_cut_to_whole_pixels_as_in_training() -> None:
    wanted = Preprocessing(Size(6, 6), Resize.SHORTEST)
    assert fit(Size(8, 5), wanted) == Fit(Box(0, 0, 8, 5), Size(9, 6), -1, 0, Size(6, 6))  # 9.6 pixels would be 10


def test_a_part_lies_where_it_lies_in_the_whole() -> None:
    part = Region(0.5, 0.25, 1.0, 0.75)
    whole = Placement.whole(Size(100, 80)).of_part(part)
    found = whole.regions(np.array([[0, 0, 100, 80], [50, 20, 75, 60]]))
    np.testing.assert_allclose(found, [[0.5, 0.25, 1.0, 0.75], [0.75, 0.375, 0.875, 0.625]])
