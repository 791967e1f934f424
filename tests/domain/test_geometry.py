"""Sizes, boxes and scales."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.geometry import SCALES, Box, Region, Size, centre_box, reduced_scale

sizes = st.builds(Size, st.integers(1, 100_000), st.integers(1, 100_000))
aspects = st.floats(0.01, 100)
fractions = st.floats(0.01, 1)


@given(sizes, aspects, fractions)
def test_a_centred_box_lies_inside_and_in_the_middle(size: Size, aspect: float, fraction: float) -> None:
    box = centre_box(size, aspect, fraction)
    assert box.right <= size.width
    assert box.bottom <= size.height
    assert box.left + box.right == pytest.approx(size.width)
    assert box.top + box.bottom == pytest.approx(size.height)


@given(sizes, aspects, fractions)
def test_a_centred_box_has_the_aspect(size: Size, aspect: float, fraction: float) -> None:
    box = centre_box(size, aspect, fraction)
    assert (box.right - box.left) / (box.bottom - box.top) == pytest.approx(aspect, rel=1e-3)


@given(sizes, aspects)
def test_a_whole_centred_box_touches_two_sides(size: Size, aspect: float) -> None:
    box = centre_box(size, aspect, 1)
    across, down = box.right - box.left, box.bottom - box.top
    assert across == pytest.approx(size.width) or down == pytest.approx(size.height)


def test_the_central_square_of_a_wide_picture() -> None:
    assert centre_box(Size(400, 200), 1, 0.5) == Box(150, 50, 250, 150)


@pytest.mark.parametrize(("aspect", "fraction"), [(0, 1), (-1, 1), (1, 0), (1, 1.1)])
def test_a_box_without_meaning_is_refused(aspect: float, fraction: float) -> None:
    with pytest.raises(InvalidRequest):
        centre_box(Size(10, 10), aspect, fraction)


@given(sizes, st.integers(1, 2000), st.floats(1, 8))
def test_a_reduced_scale_leaves_the_margin(size: Size, needed: int, margin: float) -> None:
    divisor = reduced_scale(size, needed, margin)
    assert divisor == 1 or size.short_side / divisor >= needed * margin


@given(sizes, st.integers(1, 2000), st.floats(1, 8))
def test_no_larger_divisor_would_have_left_it(size: Size, needed: int, margin: float) -> None:
    larger = [divisor for divisor in SCALES if divisor > reduced_scale(size, needed, margin)]
    assert all(size.short_side / divisor < needed * margin for divisor in larger)


@pytest.mark.parametrize(("width", "height"), [(0, 1), (1, 0), (-1, 5)])
def test_a_size_without_pixels_is_refused(width: int, height: int) -> None:
    with pytest.raises(InvalidRequest):
        Size(width, height)


def test_the_short_side_and_the_pixels() -> None:
    assert (Size(4, 3).short_side, Size(4, 3).pixels) == (3, 12)


@pytest.mark.parametrize("edges", [(-1, 0, 1, 1), (1, 0, 1, 1), (0, 2, 1, 1)])
def test_a_box_without_area_is_refused(edges: tuple[float, float, float, float]) -> None:
    with pytest.raises(InvalidRequest):
        Box(*edges)


@pytest.mark.parametrize(
    "corners", [(0.5, 0, 0.5, 1), (0, 0.6, 1, 0.5), (-0.1, 0, 1, 1), (0, 0, 1, 1.1), (0, 0, float("nan"), 1)]
)
def test_a_region_has_an_area_within_the_picture(corners: tuple[float, float, float, float]) -> None:
    with pytest.raises(InvalidRequest):
        Region(*corners)


def test_equal_regions_are_one_key() -> None:
    assert len({Region(0, 0, 0.5, 1), Region(0, 0, 0.5, 1), Region(0, 0, 1, 1)}) == 2
