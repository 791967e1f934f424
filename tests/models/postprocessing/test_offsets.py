"""SSD and Faster-RCNN: offsets from prior boxes and proposals."""

from typing import Any

import numpy as np
import pytest

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.selection import Selection
from image_tagger.models.preprocessing.placement import Placement
from tests.models.postprocessing.reading import WHOLE, edges, read, spec, told

INPUT = Placement.whole(Size(64, 32))
MADE: dict[str, Any] = {"strides": (32.0, 64.0), "anchors": (16.0, 8.0, 32.0, 32.0), "anchor_counts": (1.0, 1.0)}
NOTHING = (0.9, 0.05, 0.05)
CAT = (0.1, 0.8, 0.1)
SURE = Selection(min_score=0.5)


def test_priors_made_of_options_stand_in_the_middle_of_their_cells() -> None:
    scores = [NOTHING, CAT, NOTHING]  # a grid of 2 x 1 cells, and one of 1 x 1
    (found,) = read(spec("ssd", **MADE), scores, np.zeros((3, 4)), placement=INPUT, selection=SURE)
    assert edges(found) == pytest.approx((40 / 64, 12 / 32, 56 / 64, 20 / 32))


def test_offsets_are_multiplied_by_variances() -> None:
    offsets = np.zeros((3, 4))
    offsets[1] = (-10, 0, 0, 5 * np.log(2))  # a side to the left, twice as high
    (found,) = read(spec("ssd", **MADE), [NOTHING, CAT, NOTHING], offsets, placement=INPUT, selection=SURE)
    assert edges(found) == pytest.approx((24 / 64, 8 / 32, 40 / 64, 24 / 32))


def test_priors_beyond_the_input_are_cut_unless_told_otherwise() -> None:
    made: dict[str, Any] = {"strides": (64.0,), "anchors": (32.0, 96.0), "anchor_counts": (1.0,)}
    square, halved = Placement.whole(Size(64, 64)), [(0, 0, 0, -5 * np.log(2))]
    clipped, whole = (
        read(spec("ssd", clip=clip, **made), [CAT], halved, placement=square, selection=SURE)[0]
        for clip in (True, False)
    )
    assert edges(clipped) == pytest.approx((0.25, 0.25, 0.75, 0.75))  # half of 64 pixels
    assert edges(whole) == pytest.approx((0.25, 0.125, 0.75, 0.875))  # half of 96


def test_priors_can_be_an_output_of_the_network() -> None:
    prior = (0.1, 0.2, 0.3, 0.6)
    assert told(read(spec("ssd"), [CAT], [(0, 0, 0, 0)], [prior], selection=SURE)) == [("cat", 0.8, *prior)]
    centred = (0.4, 0.2, 0.4, 0.2)  # TensorFlow's order
    found = read(spec("ssd", prior_order="cycxhw"), [CAT], [(0, 0, 0, 0)], [centred], selection=SURE)
    assert told(found) == [("cat", 0.8, *prior)]


def test_caffe_s_priors_bring_their_variances() -> None:
    boxes, variances = (0.1, 0.2, 0.3, 0.6, 0.5, 0.5, 1.0, 1.0), (0.5, 0.5, 1.0, 1.0) * 2
    given = np.array([[boxes, variances]])  # (1, 2, 4 x priors)
    (found,) = read(spec("ssd"), [CAT, NOTHING], [(1, 0, 0, 0), (0, 0, 0, 0)], given, selection=SURE)
    assert edges(found) == pytest.approx((0.2, 0.2, 0.4, 0.6))
    own = spec("ssd", variances=(0.25, 0.5, 1.0, 1.0))
    (found,) = read(own, [CAT, NOTHING], [(1, 0, 0, 0), (0, 0, 0, 0)], given, selection=SURE)
    assert edges(found) == pytest.approx((0.15, 0.2, 0.35, 0.6))


def test_tensorflow_s_offsets_have_the_vertical_first() -> None:
    prior = (0.4, 0.4, 0.6, 0.6)
    (found,) = read(spec("ssd", order="cycxhw"), [CAT], [(10, 0, 0, 0)], [prior], selection=SURE)
    assert edges(found) == pytest.approx((0.4, 0.6, 0.6, 0.8))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"strides": (32.0,)}, "`anchor_counts`"),
        (MADE | {"anchor_counts": (1.0, 1.5)}, "`anchor_counts`"),
        (MADE | {"strides": (0.0, 64.0)}, "at least 1"),
        (MADE | {"variances": (0.1, 0.2)}, "4 numbers"),
    ],
)
def test_priors_that_contradict_themselves_are_an_error(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidModel, match=reason):
        read(spec("ssd", **options), [CAT] * 3, np.zeros((3, 4)), placement=INPUT)


def test_strides_cannot_ask_for_all_memory() -> None:
    vast = Placement.whole(Size(4000, 4000))
    with pytest.raises(InvalidModel, match="more than 1000000 cells"):
        read(spec("ssd", **MADE | {"strides": (1.0, 1.0)}), [CAT], np.zeros((1, 4)), placement=vast)


@pytest.mark.parametrize("count", [4, 400])
def test_anchors_cannot_ask_for_all_memory(count: int) -> None:
    many: dict[str, Any] = {"strides": (2.0,), "anchors": (8.0, 8.0) * count, "anchor_counts": (float(count),)}
    with pytest.raises(InvalidModel, match="more than 1000000 prior boxes"):
        read(spec("ssd", **many), [CAT], np.zeros((1, 4)), placement=Placement.whole(Size(1100, 1100)))


def test_another_number_of_priors_than_offsets_is_an_error() -> None:
    with pytest.raises(InvalidModel, match="3 prior boxes for 2 offsets"):
        read(spec("ssd", **MADE), [CAT] * 2, np.zeros((2, 4)), placement=INPUT)


PROPOSAL = (0, 10, 40, 29, 119)  # of picture 0; Caffe's last pixels: 10..29 are 20 pixels


def test_every_label_moves_the_proposal_by_its_own_offsets() -> None:
    offsets = [[(9, 9, 9, 9), (0, 0, 0, 0), (1, 0, 0, np.log(0.5))]]
    cat, dog = read(spec("detection_anchored"), [(0.1, 0.6, 0.3)], [PROPOSAL], offsets)
    assert edges(cat) == pytest.approx((0.1, 0.2, 0.3, 0.6))
    assert edges(dog) == pytest.approx((0.3, 0.3, 0.5, 0.5))


def test_offsets_may_stand_in_one_row() -> None:
    row = [(9, 9, 9, 9, 0, 0, 0, 0, 1, 0, 0, 0)]
    cat, dog = read(spec("detection_anchored"), [(0.1, 0.6, 0.3)], [PROPOSAL], row)
    assert edges(cat)[0] == pytest.approx(0.1)
    assert edges(dog)[0] == pytest.approx(0.3)


@pytest.mark.parametrize("shared", [(0, 0, 0, 0), (9, 9, 9, 9, 0, 0, 0, 0)])
def test_offsets_may_be_those_of_all_labels(shared: tuple[float, ...]) -> None:
    of = spec("detection_anchored", ["cat", "dog", "cow"])
    found = read(of, [(0.1, 0.5, 0.3, 0.1)], [PROPOSAL], [shared])
    assert len({one.region for one in found}) == 1
    assert edges(found[0]) == pytest.approx((0.1, 0.2, 0.3, 0.6))


def test_proposals_as_the_protocol_describes_them_have_sides() -> None:
    of = spec("detection_anchored", anchor_order="xywh", inclusive=False)
    (found,) = read(of, [(0.1, 0.6, 0.0)], [(0.7, 10, 40, 20, 80)], np.zeros((1, 12)))
    assert edges(found) == pytest.approx((0.1, 0.2, 0.3, 0.6))


def test_proposals_can_be_measured_by_a_tensor() -> None:
    of = spec("detection_anchored", coordinates="tensor")
    (found,) = read(of, [(0.1, 0.6, 0.0)], [PROPOSAL], np.zeros((1, 12)), (400, 200, 1), placement=WHOLE)
    assert edges(found) == pytest.approx((0.05, 0.1, 0.15, 0.3))


def test_offsets_of_other_labels_are_an_error() -> None:
    with pytest.raises(InvalidModel, match="5 offsets a proposal for 2 labels"):
        read(spec("detection_anchored"), [(0.1, 0.6, 0.3)], [PROPOSAL], np.zeros((1, 20)))
    with pytest.raises(InvalidModel, match="11 offsets for 1 proposals"):
        read(spec("detection_anchored"), [(0.1, 0.6, 0.3)], [PROPOSAL], np.zeros((1, 11)))


def test_no_proposals_are_no_predictions() -> None:
    assert read(spec("detection_anchored"), np.zeros((0, 3)), np.zeros((0, 5)), np.zeros((0, 12))) == ()
