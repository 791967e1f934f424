"""The protocol's words for inputs and outputs, and what they mean here."""

from pathlib import Path
from typing import Any

import pytest

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.recognition import Labels, Roi
from image_tagger.domain.specs import Channels, Constant, Element, Layout, Resize
from image_tagger.models.platform.frameworks import FRAMEWORKS, main_file, place_of
from image_tagger.models.platform.inputs import inputs_of
from image_tagger.models.platform.outputs import reading_of, with_thresholds

LABELS = Labels((7, 9), ("cat", "dog"), exclusive=True)
BOXED = Labels((7, 9), ("cat", "dog"), exclusive=True, roi=Roi.BBOX)
COMMON = {"nms_threshold": 0.3, "discard_threshold": 0.025}
SIZE = Constant("im_info", (3,), ("data.1", "data.2", 1.0))


def described(**image: Any) -> dict[str, Any]:
    """A picture input of Inception v3."""
    wanted = {
        "dimension_order": "NHWC",
        "target_size": "299x199",
        "resize_type": "CROP",
        "color_channels": "BGR",
        "pixel_scaling": 2.0,
        "data_type": "FLOAT32",
        **image,
    }
    return {"inputs": [{"tensor_name": "data:0", "image": wanted}], "batched_output": True}


def test_a_picture_input() -> None:
    taken = inputs_of(described(mean_file="mean.npy"), {"mean.npy": Path("here/mean.npy")})
    wanted = taken.preprocessing
    assert (taken.tensor, taken.batched, wanted.size, wanted.resize) == ("data:0", True, Size(299, 199), Resize.CROP)
    assert (wanted.layout, wanted.channels, wanted.element) == (Layout.NHWC, Channels.BGR, Element.FLOAT32)
    assert wanted.scale * 255 == 2.0
    assert wanted.mean_file == Path("here/mean.npy")


@pytest.mark.parametrize("resize", ["SQUASH", "CROP", "FILL", "NETWORK"])
@pytest.mark.parametrize(("colours", "meant"), [("L", Channels.GREY), ("GRAY", Channels.GREY), ("RGB", Channels.RGB)])
def test_words_of_the_protocol(resize: str, colours: str, meant: Channels) -> None:
    wanted = inputs_of(described(resize_type=resize, color_channels=colours), {}).preprocessing
    assert (wanted.resize.name, wanted.channels, wanted.fill) == (resize, meant, (255, 255, 255))


def test_one_number_is_a_square() -> None:
    assert inputs_of(described(target_size="800"), {}).preprocessing.size == Size(800, 800)


def test_constants_beside_the_picture() -> None:
    both = described()
    both["inputs"].append({"tensor_name": "im_info", "constant": {"shape": [3], "data": ["data.1", "data.2", 1.0]}})
    assert inputs_of(both, {}).constants == (SIZE,)


@pytest.mark.parametrize("count", [0, 2])
def test_there_is_one_picture(count: int) -> None:
    with pytest.raises(InvalidModel, match=f"this one takes {count}"):
        inputs_of({"inputs": described()["inputs"] * count}, {})


def test_scores_are_read_as_they_are() -> None:
    reading = reading_of({"classification": {"output_tensor": "prob"}}, LABELS, ())
    assert (reading.tensors, reading.spec.postprocessing) == (("prob",), "classification")
    assert dict(reading.spec.options) == {"activation": "none"}
    tags = Labels((7, 9), ("cat", "dog"), exclusive=False)
    assert reading_of({"classification": {"output_tensor": "prob"}}, tags, ()).spec.postprocessing == "tagging"


def test_direct_outputs_name_ids() -> None:
    entry = {"boxes_tensor": "b", "scores_tensor": "s", "classes_tensor": "c"}
    reading = reading_of({"detection": {**COMMON, "direct_output": entry}}, BOXED, ())
    assert reading.tensors == ("s", "c", "b")
    options = dict(reading.spec.options)
    assert (options["class_ids"], options["coordinates"], options["nms_threshold"]) == ((7.0, 9.0), "unit", 0.3)


def test_an_id_that_no_class_can_have_is_a_number_nevertheless() -> None:
    labels = Labels((10**400, 9, -(10**400)), ("cat", "dog", "cow"), exclusive=True, roi=Roi.BBOX)
    entry = {"boxes_tensor": "b", "scores_tensor": "s", "classes_tensor": "c"}
    options = dict(reading_of({"detection": {**COMMON, "direct_output": entry}}, labels, ()).spec.options)
    assert options["class_ids"] == (2.0**53, 9.0, -(2.0**53))


@pytest.mark.parametrize(
    ("constants", "coordinates", "tensors"),
    [((SIZE,), "pixels", ("s", "a", "o")), ((), "tensor", ("s", "a", "o", "im_info"))],
)
def test_what_boxes_are_measured_by(
    constants: tuple[Constant, ...], coordinates: str, tensors: tuple[str, ...]
) -> None:
    entry = {"anchors_tensor": "a", "scores_tensor": "s", "offsets_tensor": "o"}
    detection = {**COMMON, "anchored_output": entry, "normalize_wrt_tensor": "im_info"}
    reading = reading_of({"detection": detection}, BOXED, constants)
    assert (dict(reading.spec.options)["coordinates"], reading.tensors) == (coordinates, tensors)


def test_anchors_of_a_grid() -> None:
    entry = {"output_tensor": "grid", "anchors": [1.5, 2, 3, 4]}
    reading = reading_of({"detection": {**COMMON, "yolo_output": entry}}, BOXED, ())
    assert (reading.spec.postprocessing, dict(reading.spec.options)["anchors"]) == ("yolo_grid", (1.5, 2.0, 3.0, 4.0))


def test_thresholds_are_filled_in_once() -> None:
    entry = with_thresholds({"classification": {"output_tensor": "prob"}}, LABELS)
    assert entry["classification"]["thresholds"] == [0.025, 0.025]
    assert with_thresholds({"classification": {"thresholds": [0.1, 0.2]}}, LABELS)["classification"]["thresholds"] == [
        0.1,
        0.2,
    ]


@pytest.mark.parametrize(
    ("framework", "files", "main"),
    [
        ("nv-caffe-0.x-mod", ("deploy.prototxt", "snapshot.caffemodel", "mean.binaryproto"), "deploy.prototxt"),
        ("tensorflow-1.x", ("variables.index", "saved_model.pb", "other.pb"), "saved_model.pb"),
        ("tensorflow-2.x", ("frozen.pb",), "frozen.pb"),
        ("onnx", ("net.onnx", "net.onnx.data"), "net.onnx"),
        ("keras", ("net.hdf5",), "net.hdf5"),
        ("pt2", ("net.pt2",), "net.pt2"),
    ],
)
def test_which_file_is_the_network(framework: str, files: tuple[str, ...], main: str) -> None:
    assert framework in FRAMEWORKS
    assert main_file(framework, files) == main


@pytest.mark.parametrize("files", [(), ("a.onnx", "b.onnx"), ("a.tflite",)])
def test_it_must_be_clear_which(files: tuple[str, ...]) -> None:
    with pytest.raises(InvalidModel):
        main_file("onnx", files)


def test_variables_lie_in_their_folder() -> None:
    assert [place_of(name) for name in ("variables.index", "saved_model.pb")] == [
        "variables/variables.index",
        "saved_model.pb",
    ]
