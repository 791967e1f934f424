"""YOLO heads in every form, against boxes whose numbers are worked out by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.selection import Selection
from image_tagger.models.preprocessing.placement import Placement
from tests.models.postprocessing.reading import edges, read, spec, told

INPUT = Placement.whole(Size(64, 32))
SURE = Selection(min_score=0.5)
CAT = (0.125, 0.25, 0.375, 0.75)  # centre 16, 16 and sides 16, 16 in pixels of the input


def test_v5_multiplies_scores_with_the_objectness() -> None:
    rows = [(16, 16, 16, 16, 0.8, 0.9, 0.1), (40, 16, 8, 8, 0.1, 0.9, 0.1)]
    assert told(read(spec("yolo"), rows, placement=INPUT, selection=SURE)) == [("cat", 0.72, *CAT)]


@pytest.mark.parametrize("across", [True, False])
def test_v8_has_no_objectness_and_comes_either_way_round(across: bool) -> None:
    rows = np.array([(16, 16, 16, 16, 0.9, 0.1, 0.0)] + [(40, 16, 8, 8, 0.1, 0.2, 0.1)] * 8)
    output = rows.T if across else rows
    found = read(spec("yolo", ["cat", "dog", "cow"]), output, placement=INPUT, selection=SURE)
    assert told(found) == [("cat", 0.9, *CAT)]


def test_a_head_with_its_own_suppression_lists_score_and_class() -> None:
    rows = [(8, 8, 24, 24, 0.9, 0), (0, 0, 0, 0, 0, 0)]
    assert told(read(spec("yolo", ["cat", "dog", "cow"]), rows, placement=INPUT)) == [("cat", 0.9, *CAT)]
    with_picture = [(0, 8, 8, 24, 24, 1, 0.9)]
    found = read(spec("yolo", ["cow", "cat"], head="nms"), with_picture, placement=INPUT)
    assert told(found) == [("cat", 0.9, *CAT)]


def test_a_shape_that_can_be_two_heads_must_be_named() -> None:
    one_label = [(16, 16, 16, 16, 0.8, 0.9)]  # box, objectness, score; or box, score, class
    with pytest.raises(InvalidModel, match=r"v5 or nms: say which as `head`"):
        read(spec("yolo", ["cat"]), one_label, placement=INPUT)
    found = read(spec("yolo", ["cat"], head="v5"), one_label, placement=INPUT)
    assert told(found) == [("cat", 0.72, *CAT)]


def test_a_shape_that_is_no_head_is_an_error() -> None:
    with pytest.raises(InvalidModel, match="1 x 9 numbers is none of 2 labels"):
        read(spec("yolo"), np.zeros((1, 9)))
    with pytest.raises(InvalidModel, match="rows and columns"):
        read(spec("yolo"), np.zeros((2, 3, 7)))


def test_yolox_counts_in_cells_from_the_corner_of_each() -> None:
    rows = np.zeros((16 + 4, 7))  # grids of 8 x 2 and 4 x 1 cells
    rows[16 + 1] = (0.0, 0.5, np.log(1), np.log(0.5), 0.8, 0.9, 0.1)  # the second cell of the coarse grid
    of = spec("yolox", strides=(8.0, 16.0))
    (found,) = read(of, rows, placement=Placement.whole(Size(64, 16)), selection=SURE)
    assert found.score == pytest.approx(0.72)
    assert edges(found) == pytest.approx((8 / 64, 4 / 16, 24 / 64, 12 / 16))


def test_yolox_needs_as_many_rows_as_there_are_cells() -> None:
    for stride in (np.nan, np.inf, 0.5):
        with pytest.raises(InvalidModel, match="strides"):
            read(spec("yolox", strides=(stride,)), np.zeros((3, 7)))
    with pytest.raises(InvalidModel, match="19 cells; its input and `strides` make 20"):
        read(spec("yolox", strides=(8.0, 16.0)), np.zeros((19, 7)), placement=Placement.whole(Size(64, 16)))


def grid(rows: int, columns: int, boxes: int) -> NDArray[np.float64]:
    """(rows, columns, boxes, 5 + 2) without any object, but for one in the second column of the first row."""
    cells = np.full((rows, columns, boxes, 7), -20.0)
    cells[0, 1, boxes - 1] = (0.0, 0.0, np.log(2), 0.0, 20.0, 2.0, -2.0)
    return cells


FORMS = {
    "rows, columns, depth": lambda cells: cells.reshape(*cells.shape[:2], -1),
    "depth, rows, columns": lambda cells: cells.reshape(*cells.shape[:2], -1).transpose(2, 0, 1),
    "rows, columns, boxes, numbers": lambda cells: cells,
    "boxes, rows, columns, numbers": lambda cells: cells.transpose(2, 0, 1, 3),
    "boxes, numbers, rows, columns": lambda cells: cells.transpose(2, 3, 0, 1),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_v2_grid_counts_anchors_in_cells_and_has_exclusive_labels(form: str) -> None:
    of = spec("yolo_grid", anchors=(9.0, 9.0, 9.0, 9.0, 1.0, 2.0))
    (found,) = read(of, FORMS[form](grid(4, 8, 3)), placement=INPUT, selection=SURE)
    assert found.label == "cat"
    assert found.score == pytest.approx(1 / (1 + np.exp(-4)))
    assert edges(found) == pytest.approx((0.5 / 8, 0.0, 2.5 / 8, 1.5 / 4))  # centre 1.5, 0.5 in cells, sides 2, 2


def test_v3_grids_count_anchors_in_pixels_and_have_independent_labels() -> None:
    of = spec("yolo_grid", anchors=(8.0, 16.0, 32.0, 16.0))
    fine, coarse = grid(4, 8, 1), np.full((2, 4, 1, 7), -20.0)
    (found,) = read(of, fine, coarse, placement=INPUT, selection=SURE)
    assert found.score == pytest.approx(1 / (1 + np.exp(-2)))
    assert edges(found) == pytest.approx((0.5 / 8, 0.0, 2.5 / 8, 0.5 / 4 + 8 / 32))


def test_raw_heads_of_v5_have_squares_for_powers() -> None:
    of = spec("yolo_grid", anchors=(8.0, 8.0), anchor_unit="pixels", decoding="square", activation="sigmoid")
    cells = grid(4, 8, 1)
    cells[0, 1, 0, :4] = (0.0, 20.0, 0.0, 20.0)  # centre 1.5, 1.5 in cells; sides 1 and 4 anchors
    (found,) = read(of, cells, placement=INPUT, selection=SURE)
    assert edges(found) == pytest.approx((8 / 64, 0.0, 16 / 64, 28 / 32), abs=1e-6)


def test_v4_lets_centres_reach_beyond_their_cell() -> None:
    cells = grid(4, 8, 1)
    cells[0, 1, 0, :4] = (20.0, 0.0, 0.0, 0.0)
    of = spec("yolo_grid", anchors=(1.0, 1.0), scale_xy=(1.2,))
    assert edges(read(of, cells, placement=INPUT, selection=SURE)[0])[0] == pytest.approx((2.1 - 0.5) / 8)


def test_grids_that_do_not_fit_their_anchors_are_an_error() -> None:
    with pytest.raises(InvalidModel, match="`anchors` needs a width and a height"):
        read(spec("yolo_grid"), grid(4, 8, 1))
    with pytest.raises(InvalidModel, match="does not fit 2 boxes of 7 numbers"):
        read(spec("yolo_grid", anchors=(1.0, 1.0, 2.0, 2.0)), grid(4, 8, 3))
