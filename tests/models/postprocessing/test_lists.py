"""Detectors that list finished boxes: direct, TFLite's, Caffe's, boxes with scores, queries."""

import numpy as np
import pytest
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.selection import Selection
from tests.models.postprocessing.reading import edges, read, spec, told

CAT, DOG = (0.1, 0.2, 0.3, 0.6), (0.5, 0.4, 0.9, 0.8)  # xyxy


def yxyx(box: tuple[float, ...]) -> tuple[float, ...]:
    return box[1], box[0], box[3], box[2]


def test_tensorflow_s_layout_is_scores_classes_from_1_and_boxes_y_first() -> None:
    found = read(spec("detection_direct"), [0.6, 0.9], [1, 2], [yxyx(CAT), yxyx(DOG)])
    assert told(found) == [("dog", 0.9, *DOG), ("cat", 0.6, *CAT)]


def test_rows_beyond_the_number_of_detections_do_not_count() -> None:
    found = read(spec("detection_direct"), [0.6, 0.9], [1, 2], [yxyx(CAT), yxyx(DOG)], [1])
    assert told(found) == [("cat", 0.6, *CAT)]


def test_the_documented_layout_has_a_box_for_each_label_and_label_ids_as_classes() -> None:
    of = spec("detection_direct", class_ids=(40.0, 7.0))
    scores, classes = [(0.6, 0.1), (0.2, 0.9)], [(40, 7), (40, 7)]
    boxes = [(CAT, DOG), (CAT, DOG)]
    found = read(of, scores, classes, boxes, selection=Selection(min_score=0.5))
    assert told(found) == [("dog", 0.9, *DOG), ("cat", 0.6, *CAT)]


def test_classes_that_are_no_label_s_are_dropped() -> None:
    of = spec("detection_direct", class_ids=(40.0, 7.0))
    assert told(read(of, [0.6, 0.9], [40, 41], [yxyx(CAT), yxyx(DOG)])) == [("cat", 0.6, *CAT)]
    assert read(spec("detection_direct"), [0.9], [0], [yxyx(CAT)]) == ()
    assert told(read(spec("detection_direct"), [0.9], [1.999], [yxyx(CAT)])) == [("dog", 0.9, *CAT)]
    assert read(spec("detection_direct"), [0.9], [np.nan], [yxyx(CAT)]) == ()


def test_more_classes_than_labels_are_an_error() -> None:
    with pytest.raises(InvalidModel, match=r"class 3.*2 labels"):
        read(spec("detection_direct"), [0.9], [3], [yxyx(CAT)])
    with pytest.raises(InvalidModel, match="1 class_ids for 2 labels"):
        read(spec("detection_direct", class_ids=(1.0,)), [0.9], [1], [yxyx(CAT)])


@pytest.mark.parametrize("number", [1e300, np.inf, np.nan, 10**400])
def test_classes_that_are_no_numbers_of_anything_are_an_error(number: float) -> None:
    for options in ({"first_class": number}, {"class_ids": (number, 2.0)}):
        with pytest.raises(InvalidModel, match="number"):
            read(spec("detection_direct", **options), [0.9], [1], [yxyx(CAT)])


def test_a_label_may_have_an_id_that_no_class_has() -> None:
    of = spec("detection_direct", class_ids=(7_000_000_000.0, 2.0))
    assert told(read(of, [0.6, 0.9], [2, 1], [yxyx(CAT), yxyx(DOG)])) == [("dog", 0.6, *CAT)]


def test_lists_of_different_lengths_are_an_error() -> None:
    with pytest.raises(InvalidModel, match="2 scores, 1 classes and 1 boxes"):
        read(spec("detection_direct"), [0.9, 0.8], [1], [yxyx(CAT)])


@pytest.mark.parametrize("order", ["xyxy", "yxyx"])
def test_an_order_that_is_said_wins(order: str) -> None:
    box = CAT if order == "xyxy" else yxyx(CAT)
    assert told(read(spec("detection_direct", order=order), [0.9], [1], [box])) == [("cat", 0.9, *CAT)]


def test_a_network_s_own_suppression_is_not_repeated() -> None:
    found = read(spec("detection_direct"), [0.9, 0.8], [1, 1], [yxyx(CAT), yxyx(CAT)])
    assert len(found) == 2
    assert len(read(spec("detection_direct", nms_threshold=0.3), [0.9, 0.8], [1, 1], [yxyx(CAT), yxyx(CAT)])) == 1


def test_tflite_gives_boxes_classes_from_0_scores_and_their_count() -> None:
    found = read(spec("tflite_detection"), [yxyx(CAT), yxyx(DOG), yxyx(DOG)], [0, 1, 1], [0.6, 0.9, 0.8], [2])
    assert told(found) == [("dog", 0.9, *DOG), ("cat", 0.6, *CAT)]


def test_a_count_that_is_none_is_an_error() -> None:
    for count in (np.nan, np.inf, -1, 1e30):
        with pytest.raises(InvalidModel, match="number of detections"):
            read(spec("tflite_detection"), [yxyx(CAT)], [0], [0.6], [count])


@pytest.mark.parametrize("shape", [(1, 1, 3, 7), (3, 7)])
def test_caffe_s_rows_end_at_a_negative_picture(shape: tuple[int, ...]) -> None:
    rows = np.array([(0, 1, 0.6, *CAT), (-1, 0, 0, 0, 0, 0, 0), (0, 2, 0.9, *DOG)])
    assert told(read(spec("caffe_detection_output"), rows.reshape(shape))) == [("cat", 0.6, *CAT)]


def test_caffe_s_background_is_no_label() -> None:
    assert read(spec("caffe_detection_output"), [(0, 0, 0.9, *CAT)]) == ()


def test_boxes_with_a_column_for_the_background() -> None:
    scores = [(0.1, 0.6, 0.3), (0.05, 0.05, 0.9)]
    found = read(spec("detection_boxes", background="first", one_label=True), scores, [CAT, DOG])
    assert told(found) == [("dog", 0.9, *DOG), ("cat", 0.6, *CAT)]
    last = read(spec("detection_boxes", background="last", one_label=True), scores, [CAT, DOG])
    assert told(last) == [("dog", 0.6, *CAT), ("cat", 0.05, *DOG)]


def test_one_label_takes_the_best_of_each_box() -> None:
    assert len(read(spec("detection_boxes"), [(0.6, 0.5)], [CAT])) == 2
    assert told(read(spec("detection_boxes", one_label=True), [(0.6, 0.5)], [CAT])) == [("cat", 0.6, *CAT)]


def test_queries_that_are_exclusive_have_a_last_column_for_no_object() -> None:
    centred = [((0.2, 0.4, 0.2, 0.4)), (0.7, 0.6, 0.4, 0.4)]
    logits = np.log([(0.7, 0.2, 0.1), (0.05, 0.05, 0.9)])
    assert told(read(spec("detr"), logits, centred, selection=Selection(min_score=0.1))) == [("cat", 0.7, *CAT)]


def test_queries_whose_labels_stand_for_themselves() -> None:
    logits = np.log([(0.7 / 0.3, 0.2 / 0.8)])
    found = read(spec("detr", activation="sigmoid"), logits, [(0.2, 0.4, 0.2, 0.4)])
    assert told(found) == [("cat", 0.7, *CAT), ("dog", 0.2, *CAT)]


def test_darknet_s_rows_of_all_layers_are_read_together() -> None:
    first = [(0.2, 0.4, 0.2, 0.4, 0.9, 0.6, 0.1)]
    second = [(0.7, 0.6, 0.4, 0.4, 0.9, 0.1, 0.8)]
    assert told(read(spec("darknet"), first, second)) == [("dog", 0.8, *DOG), ("cat", 0.6, *CAT)]


def test_pixels_of_the_input_become_fractions() -> None:
    of = spec("detection_direct", order="xyxy", coordinates="pixels")
    assert edges(read(of, [0.9], [1], [(10, 40, 30, 120)])[0]) == pytest.approx(CAT)


@pytest.mark.parametrize("scores", [np.zeros(0), np.zeros((0, 2)), np.zeros((1, 0, 2))])
@pytest.mark.parametrize("activation", ["none", "softmax"])
def test_a_network_that_finds_no_box_has_no_predictions(scores: NDArray[np.float64], activation: str) -> None:
    assert read(spec("detection_boxes", activation=activation), scores, np.zeros((0, 4))) == ()
