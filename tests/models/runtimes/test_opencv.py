"""Caffe's and Darknet's networks on OpenCV: their numbers are ONNX Runtime's, and real ones know the photos.

Needs the extra `opencv`.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from image_tagger.domain.errors import InvalidModel, ModelUnavailable
from image_tagger.models.running.tensors import TensorInfo
from image_tagger.models.runtimes import opencv
from tests.models.runtimes.caffemodels import (
    CLASSIFIER,
    DARKNET,
    FASTER_RCNN,
    SSD,
    of_classifier,
    of_faster_rcnn,
    of_ssd,
    write_caffe,
    write_darknet,
)
from tests.models.runtimes.proposing import proposals
from tests.models.runtimes.real import RFB, SQUEEZENET, YOLO, Real, box_errors, score_error

cv2 = pytest.importorskip("cv2", reason="needs the extra `opencv`", exc_type=ImportError)
if not hasattr(cv2.dnn, "readNetFromCaffe"):
    pytest.skip("needs the extra `opencv`: OpenCV 4", allow_module_level=True)

CLOSE = 1e-5
FACES = {"background": "first", "nms_threshold": 0.3}
SQUARES = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256)  # sides of RFB-320's prior boxes
PRIORS = {
    "strides": (8.0, 16.0, 32.0, 64.0),
    "anchors": tuple(float(side) for side in SQUARES for _ in "wh"),
    "anchor_counts": (3.0, 2.0, 2.0, 3.0),
}


def pictures(number: int, height: int = 8, width: int = 8) -> NDArray[np.float32]:
    return np.random.default_rng(number).normal(size=(number, 3, height, width)).astype(np.float32)


@pytest.fixture
def classifier(tmp_path: Path) -> opencv.OpenCvRuntime:
    return opencv.load(write_caffe(tmp_path, CLASSIFIER, of_classifier()), "cpu")


def in_onnx() -> onnxruntime.InferenceSession:
    """The same classifier, every blob an output."""
    nodes = [
        helper.make_node("Conv", ["data", "conv.0", "conv.1"], ["before"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["before"], ["conv"]),
        helper.make_node("GlobalAveragePool", ["conv"], ["pool"]),
        helper.make_node("Flatten", ["pool"], ["flat"]),
        helper.make_node("Gemm", ["flat", "fc.0", "fc.1"], ["fc"], transB=1),
        helper.make_node("Softmax", ["fc"], ["prob"]),
    ]
    weights = [
        numpy_helper.from_array(blob.astype(np.float32), f"{name}.{place}")
        for name, blobs in of_classifier().items()
        for place, blob in enumerate(blobs)
    ]
    taken = helper.make_tensor_value_info("data", TensorProto.FLOAT, ("n", 3, 8, 8))
    shapes = {"prob": ("n", 3), "conv": ("n", 4, 8, 8), "pool": ("n", 4, 1, 1), "fc": ("n", 3)}
    given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]
    graph = helper.make_graph(nodes, "small", [taken], given, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def test_what_a_network_takes_and_gives(classifier: opencv.OpenCvRuntime) -> None:
    assert classifier.inputs == (TensorInfo("data", (None, 3, 8, 8), "float32"),)
    assert classifier.outputs == (TensorInfo("prob", (None, 3), "float32"),)


@pytest.mark.parametrize("number", [1, 4])
def test_every_blob_is_as_in_onnx_runtime(classifier: opencv.OpenCvRuntime, number: int) -> None:
    names = ["prob", "conv", "pool", "fc"]
    expected = in_onnx().run(names, {"data": pictures(number)})
    found = classifier.run({"data:0": pictures(number)}, names)
    for one, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.reshape(wanted.shape), wanted, atol=CLOSE)
    np.testing.assert_array_equal(classifier.run({"data": pictures(number)}, [])[0], found[0])


def test_threads_do_not_disturb_each_other(classifier: opencv.OpenCvRuntime) -> None:
    batches = [pictures(1 + place % 3) for place in range(40)]
    expected = [in_onnx().run(["prob"], {"data": batch})[0] for batch in batches[:3]]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda batch: classifier.run({"data": batch}, ())[0], batches))
    for place, answer in enumerate(answers):
        np.testing.assert_allclose(answer, expected[place % 3], atol=CLOSE)


def test_answers_stay_what_they_are_when_the_network_runs_again(classifier: opencv.OpenCvRuntime) -> None:
    [first] = classifier.run({"data": pictures(1)}, ["prob"])
    kept = first.copy()
    classifier.run({"data": -pictures(1)}, ["prob"])
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize(
    ("feeds", "outputs", "reason"),
    [
        ({"data": pictures(1)}, ["nothing"], "the network has no blob 'nothing'; it gives: prob"),
        ({"other": pictures(1)}, [], "the network has no input 'other'; it has: data"),
        ({}, [], "the network's input 'data' is not fed"),
        ({"data": pictures(1)[:, :2]}, [], "deploy.prototxt cannot be run on inputs of 1 x 2 x 8 x 8"),
    ],
)
def test_what_cannot_be_run_is_refused(
    classifier: opencv.OpenCvRuntime, feeds: dict[str, Any], outputs: list[str], reason: str
) -> None:
    with pytest.raises(InvalidModel) as refused:
        classifier.run(feeds, outputs)
    assert str(refused.value) == reason
    assert classifier.run({"data": pictures(1)}, [])[0].shape == (1, 3)


def test_an_ssd_finds_its_prior_box(tmp_path: Path) -> None:
    network = opencv.load(write_caffe(tmp_path, SSD, of_ssd()), "cpu")
    assert network.inputs[0].shape == (1, 3, 8, 8)  # boxes of several pictures would come in one list
    [rows] = network.run({"data": pictures(1)}, ["out"])
    assert rows.shape == (1, 1, 10, 7)
    np.testing.assert_allclose(rows[0, 0, 0], [0, 1, 1, 0.25, 0.25, 0.75, 0.75], atol=CLOSE)
    assert not rows[0, 0, 1:].any()  # OpenCV fills up with rows of zeros


def test_faster_rcnn_proposes_as_its_python_does(tmp_path: Path) -> None:
    network = opencv.load(write_caffe(tmp_path, FASTER_RCNN, of_faster_rcnn()), "cpu")
    assert [info.shape for info in network.inputs] == [(1, 3, 96, 128), (1, 3)]
    assert [info.name for info in network.outputs] == ["cls_prob"]
    feeds = {"data": pictures(1, 160, 208), "im_info": np.array([[160, 208, 1]], np.float32)}
    rois, scores, boxes, classes = network.run(feeds, ["rois", "scores", "box", "cls_prob"])
    assert rois.shape == (300, 5)
    assert classes.shape == (300, 5)
    expected = proposals(scores[0, 9:], boxes[0], 160, 208)
    away = np.abs(rois[:, np.newaxis, 1:] - expected).max(axis=2).min(axis=0)
    assert len(expected) > 100
    assert np.mean(away < 1e-3) > 0.98  # boxes that overlap by 0.7 to the last digits fall on either side


def test_a_darknet_network_is_computed(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    bias, scale, mean = random.normal(size=4), random.uniform(0.5, 2, 4), random.normal(size=4)
    spread, first = random.uniform(0.5, 2, 4), random.normal(size=(4, 3, 3, 3))
    last_bias, last = random.normal(size=21), random.normal(size=(21, 4, 1, 1))
    parts = (bias, scale, mean, spread, first, last_bias, last)
    weights = np.concatenate([part.ravel() for part in parts]).astype(np.float32)
    network = opencv.load(write_darknet(tmp_path, DARKNET, weights), "cpu")
    assert network.inputs == (TensorInfo("data", (None, 3, 16, 16), "float32"),)
    assert network.outputs == (TensorInfo("yolo_2", (None, 8 * 8 * 3, 7), "float32"),)
    batch = pictures(2, 16, 16)
    answers = network.run({"data": batch}, [])[0]
    padded = np.pad(batch[0].astype(np.float64), ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))[:, ::2, ::2]
    normed = np.einsum("cyxij,ocij->oyx", windows, first) - mean[:, None, None]
    normed = normed / np.sqrt(spread + 1e-6)[:, None, None] * scale[:, None, None] + bias[:, None, None]
    raw = np.einsum("cyx,oc->oyx", np.where(normed > 0, normed, normed * 0.1), last[:, :, 0, 0])
    raw = (raw + last_bias[:, None, None]).reshape(3, 7, 8, 8).transpose(2, 3, 0, 1).reshape(-1, 7)
    objectness = 1 / (1 + np.exp(-raw[:, 4]))
    np.testing.assert_allclose(answers[0, :, 4], objectness, atol=1e-4)
    alone = np.concatenate([network.run({"data": batch[n : n + 1]}, ["yolo_2"])[0] for n in range(2)])
    np.testing.assert_allclose(answers, alone, atol=CLOSE)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (CLASSIFIER.replace("ReLU", "Wobble"), "OpenCV has no layers of the types Wobble"),
        (
            FASTER_RCNN.replace("ProposalLayer", "Mine"),
            "is code, rpn.proposal_layer.Mine of Python, which is never run",
        ),
        (CLASSIFIER.replace("input_dim: 3", "input_dim: 2"), "its layers and weights do not fit together"),
        ("hello", "it is cut short"),
    ],
)
def test_a_network_that_opencv_cannot_run_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    file = write_caffe(tmp_path, text, of_classifier() | of_faster_rcnn() if "proposal" in text else of_classifier())
    with pytest.raises(InvalidModel) as refused:
        opencv.load(file, "cpu")
    assert str(refused.value).startswith("deploy.prototxt")
    assert reason in str(refused.value)


def test_weights_are_found_beside_the_description(tmp_path: Path) -> None:
    file = write_caffe(tmp_path, CLASSIFIER, of_classifier())
    weights = file.with_suffix(".caffemodel").rename(tmp_path / "squeezed.caffemodel")
    assert opencv.load(file, "cpu").run({"data": pictures(1)}, [])[0].shape == (1, 3)
    (tmp_path / "other.caffemodel").write_bytes(weights.read_bytes())
    with pytest.raises(InvalidModel, match=r"needs a \.caffemodel file beside it; there are 2"):
        opencv.load(file, "cpu")
    assert opencv.load(file, "cpu", {"weights": "other.caffemodel"}).outputs[0].name == "prob"
    for name in ("../other.caffemodel", "/etc/passwd"):
        with pytest.raises(InvalidModel, match="the option 'weights' is the name of a file beside"):
            opencv.load(file, "cpu", {"weights": name})
    with pytest.raises(InvalidModel, match=r"needs none\.caffemodel beside it; there is none"):
        opencv.load(file, "cpu", {"weights": "none.caffemodel"})


def test_other_options_and_devices_are_refused(tmp_path: Path) -> None:
    file = write_caffe(tmp_path, CLASSIFIER, of_classifier())
    with pytest.raises(InvalidModel, match="opencv has no option 'speed'; it has: weights"):
        opencv.load(file, "cpu", {"speed": "high"})
    with pytest.raises(ModelUnavailable, match="there is no device 'cuda'"):
        opencv.load(file, "cuda")


def test_nothing_is_said_on_the_console(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidModel):
        opencv.load(write_caffe(tmp_path, CLASSIFIER.replace("AVE", "MEAN"), of_classifier()), "cpu")
    opencv.load(write_caffe(tmp_path, CLASSIFIER, of_classifier()), "cpu").run({"data": pictures(1)}, [])
    assert capfd.readouterr().out == ""


def test_squeezenet_knows_the_photos(shared_data: Path) -> None:
    name = "caffe/squeezenet_v1.1"
    assert (
        score_error(
            Real(
                name, f"{name}/deploy.prototxt", "opencv", SQUEEZENET, "labels_1000.txt", options={"activation": "none"}
            ),
            shared_data,
        )
        < 0.03
    )


def test_rfb_finds_the_faces(shared_data: Path) -> None:
    name = "caffe/face_RFB-320"
    real = Real(name, f"{name}/RFB-320.prototxt", "opencv", RFB, "", "ssd", ("scores", "boxes"), FACES | PRIORS)
    worst, overlap = box_errors(real, shared_data)
    assert worst < 0.01
    assert overlap > 0.9


def test_yolo_finds_what_is_on_the_photos(shared_data: Path) -> None:
    name = "darknet/yolo-fastest-1.1"
    real = Real(name, f"{name}.cfg", "opencv", YOLO, "coco80.txt", "darknet", ("yolo_121", "yolo_130"))
    worst, overlap = box_errors(real, shared_data)
    assert worst < 0.1
    assert overlap > 0.75
