"""What all detectors share: floors, thresholds, names, coordinates, boxes that are none."""

from typing import Any

import numpy as np
import pytest

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.preprocessing.placement import Placement
from tests.models.postprocessing.reading import WHOLE, edges, read, spec, told

BOX, OTHER = (0.1, 0.1, 0.3, 0.3), (0.5, 0.5, 0.9, 0.9)
KIND = "detection_boxes"


def test_predictions_come_best_first_with_their_label_and_position() -> None:
    found = read(spec(KIND), [(0.2, 0.0), (0.0, 0.9)], [BOX, OTHER])
    assert told(found) == [("dog", 0.9, *OTHER), ("cat", 0.2, *BOX)]
    assert [one.position for one in found] == [1, 0]


def test_equal_scores_keep_the_order_of_the_network() -> None:
    found = read(spec(KIND, ["cat"]), [0.5, 0.5, 0.5], [OTHER, BOX, (0.0, 0.0, 0.1, 0.1)])
    assert [edges(one)[0] for one in found] == pytest.approx([0.5, 0.1, 0.0])
    many = [(place / 100, 0.0, place / 100 + 0.005, 0.1) for place in range(100)]
    kept = read(spec(KIND, ["cat"]), [0.25 + place % 2 / 2 for place in range(100)], many)
    assert [one.region.xmin for one in kept if one.region] == pytest.approx(
        [place / 100 for place in (*range(1, 100, 2), *range(0, 100, 2))]
    )


def test_labels_of_one_box_have_equal_regions() -> None:
    cat, dog = read(spec(KIND), [(0.6, 0.3)], [BOX])
    assert (cat.label, dog.label, cat.region) == ("cat", "dog", dog.region)


def test_overlapping_boxes_of_a_label_are_one_object() -> None:
    near = (0.11, 0.1, 0.31, 0.3)
    assert len(read(spec(KIND), [(0.9, 0.0), (0.8, 0.0)], [BOX, near])) == 1
    assert len(read(spec(KIND), [(0.9, 0.0), (0.0, 0.8)], [BOX, near])) == 2
    assert len(read(spec(KIND, nms_threshold=1.0), [(0.9, 0.0), (0.8, 0.0)], [BOX, near])) == 2


def test_what_is_below_the_discard_threshold_is_never_there() -> None:
    scores = [(0.02, 0.0), (0.03, 0.0)]
    assert [round(one.score, 2) for one in read(spec(KIND), scores, [BOX, OTHER])] == [0.03]
    assert len(read(spec(KIND, discard_threshold=0.01), scores, [BOX, OTHER])) == 2


def test_the_selection_is_kept() -> None:
    scores, boxes = [(0.9, 0.0), (0.75, 0.0), (0.5, 0.0)], [BOX, OTHER, (0.0, 0.0, 0.1, 0.1)]
    assert [round(one.score, 1) for one in read(spec(KIND), scores, boxes, selection=Selection(2))] == [0.9, 0.8]
    least = Selection(min_score=0.75)
    assert [round(one.score, 1) for one in read(spec(KIND), scores, boxes, selection=least)] == [0.9, 0.8]
    best = spec(KIND, one_label=True)
    assert [round(one.score, 1) for one in read(best, scores, boxes, selection=least)] == [0.9, 0.8]


def test_of_equal_candidates_only_so_many_are_compared() -> None:
    scores, boxes = [0.9, 0.8, 0.7], [BOX, OTHER, (0.0, 0.0, 0.1, 0.1)]
    assert len(read(spec(KIND, ["cat"], candidates=2), scores, boxes)) == 2


def test_sure_means_at_least_the_threshold_of_the_label() -> None:
    labels = LabelSet(("cat", "dog"))
    of = Spec(labels, KIND, thresholds=(0.8, 0.3))
    found = read(of, [(0.79, 0.31), (0.81, 0.29)], [BOX, OTHER], selection=Selection(sure=True))
    assert [(one.label, round(one.score, 2)) for one in found] == [("cat", 0.81), ("dog", 0.31)]


@pytest.mark.parametrize("nameless", ["???", "N/A"])
def test_rows_of_a_label_file_without_a_name_never_come_out(nameless: str) -> None:
    found = read(spec(KIND, ["cat", nameless]), [(0.4, 0.9)], [BOX])
    assert [one.label for one in found] == ["cat"]


@pytest.mark.parametrize(
    "box", [(0.5, 0.5, 0.5, 0.6), (0.5, 0.6, 0.6, 0.5), (0.9, 0.9, 0.1, 0.1), (1.1, 0.1, 1.5, 0.3), (-1, 0, 0, 1)]
)
def test_boxes_without_an_area_inside_the_picture_are_dropped(box: tuple[float, ...]) -> None:
    found = read(spec(KIND, ["cat"], nms_threshold=0.0), [0.9, 0.5], [box, BOX])
    assert [round(one.score, 1) for one in found] == [0.5]


def test_boxes_are_cut_at_the_edges_of_the_picture() -> None:
    (found,) = read(spec(KIND, ["cat"]), [0.9], [(-0.5, 0.2, np.inf, 0.4)])
    assert edges(found) == pytest.approx((0, 0.2, 1, 0.4))


@pytest.mark.parametrize(
    ("scores", "box"), [((np.nan, 0.0), BOX), ((0.9, 0.0), (np.nan, 0.1, 0.3, 0.3)), ((0.9, np.nan), BOX)]
)
@pytest.mark.parametrize("one_label", [True, False])
def test_what_is_no_number_is_an_error(scores: tuple[float, ...], box: tuple[float, ...], one_label: bool) -> None:
    with pytest.raises(InvalidModel, match="no numbers"):
        read(spec(KIND, one_label=one_label), [scores], [box])


def test_scores_that_are_none_are_an_error_that_names_the_remedy() -> None:
    with pytest.raises(InvalidModel, match="`activation`"):
        read(spec(KIND, ["cat"]), [3.5], [BOX])


def test_a_score_that_was_rounded_up_is_1() -> None:
    (found,) = read(spec(KIND, ["cat"]), [1.0001], [BOX])
    assert found.score == 1


def test_pixels_are_those_of_the_input() -> None:
    (found,) = read(spec(KIND, ["cat"], coordinates="pixels"), [0.9], [(10, 20, 30, 100)])
    assert edges(found) == pytest.approx((0.1, 0.1, 0.3, 0.5))


def test_an_extent_is_what_pixels_are_counted_in() -> None:
    of = spec(KIND, ["cat"], extent=(1000.0, 400.0))
    assert edges(read(of, [0.9], [(100, 40, 300, 200)])[0]) == pytest.approx((0.1, 0.1, 0.3, 0.5))


def test_a_tensor_can_say_what_pixels_are_counted_in() -> None:
    of = spec(KIND, ["cat"], coordinates="tensor")
    assert edges(read(of, [0.9], [(100, 40, 300, 200)], (400, 1000, 1))[0]) == pytest.approx((0.1, 0.1, 0.3, 0.5))
    with pytest.raises(InvalidModel, match="height and a width"):
        read(of, [0.9], [BOX], (0, 10))
    with pytest.raises(InvalidModel, match="height and a width"):
        read(of, [0.9], [BOX], [10])


def test_regions_are_those_of_the_whole_picture_in_spite_of_letterbox_and_crop() -> None:
    filled = Placement(0, 50, 100, 100, Size(100, 200))  # bars above and below
    assert edges(read(spec(KIND, ["cat"]), [0.9], [(0.1, 0.25, 0.3, 0.5)], placement=filled)[0]) == pytest.approx(
        (0.1, 0.0, 0.3, 0.5)
    )
    cropped = Placement(-50, 0, 200, 200, Size(100, 200))  # the middle half was cut out
    assert edges(read(spec(KIND, ["cat"]), [0.9], [(0.0, 0.1, 1.0, 0.3)], placement=cropped)[0]) == pytest.approx(
        (0.25, 0.1, 0.75, 0.3)
    )


def test_a_box_in_the_bars_of_a_letterbox_is_dropped() -> None:
    filled = Placement(0, 50, 100, 100, Size(100, 200))
    assert read(spec(KIND, ["cat"]), [0.9], [(0.1, 0.0, 0.3, 0.2)], placement=filled) == ()


def test_no_boxes_are_no_predictions() -> None:
    assert read(spec(KIND), np.zeros((0, 2)), np.zeros((0, 4))) == ()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"nms": 0.5}, "no option 'nms'"),
        ({"nms_threshold": 1.5}, "at least 0 and at most 1"),
        ({"nms_threshold": "high"}, "must be a number"),
        ({"coordinates": "metres"}, "unit, pixels, tensor"),
        ({"order": "yx"}, "xyxy"),
        ({"extent": (1.0, 2.0, 3.0)}, "2 numbers"),
        ({"extent": "640x480"}, "a list of numbers"),
        ({"one_label": "yes"}, "true or false"),
        ({"candidates": 0}, "at least 1"),
        ({"candidates": np.inf}, "at most 9007199254740992"),
        ({"candidates": 1e300}, "at most 9007199254740992"),
        ({"candidates": 10**400}, "at most 9007199254740992"),
        ({"candidates": np.nan}, "at least 1"),
        ({"extent": (0.0, 0.0)}, "2 numbers above 0"),
        ({"extent": (-1.0, 1.0)}, "2 numbers above 0"),
        ({"extent": (1.0, np.nan)}, "a list of numbers"),
        ({"extent": (1.0, None)}, "a list of numbers"),
        ({"extent": (1.0, (2.0,))}, "a list of numbers"),
    ],
)
def test_options_that_mean_nothing_are_named(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidModel, match=reason):
        read(spec(KIND, **options), [(0.9, 0.1)], [BOX])


def test_missing_outputs_and_wrong_shapes_are_named() -> None:
    with pytest.raises(InvalidModel, match="reads scores and boxes"):
        read(spec(KIND), [(0.9, 0.1)])
    with pytest.raises(InvalidModel, match="1 x 3 scores for 1 boxes and 2 labels"):
        read(spec(KIND), [(0.9, 0.1, 0.2)], [BOX])
    with pytest.raises(InvalidModel, match="rows of 4 numbers"):
        read(spec(KIND), [(0.9, 0.1)], [(0.1, 0.2, 0.3)])


def test_the_picture_that_is_read_is_not_changed() -> None:
    scores, boxes = np.array([(0.9, 0.0)], np.float32), np.array([BOX], np.float32)
    before = scores.copy(), boxes.copy()
    read(spec(KIND), scores, boxes, placement=WHOLE)
    assert (scores == before[0]).all()
    assert (boxes == before[1]).all()
