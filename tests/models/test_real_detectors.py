"""Third parties' detectors, run by the libraries they were made for: their boxes are the ones that were measured."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from image_tagger.domain.geometry import Size
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.preprocessing.placement import Placement
from tests.models.postprocessing.reading import edges, read

PIXELS, CONFIDENCE = 0.15, 0.0015  # the expected numbers are rounded
Run = Callable[[NDArray[np.uint8]], tuple[list[Any], Placement]]
FACES: dict[str, Any] = {"background": "first", "nms_threshold": 0.3}
SQUARES = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256)  # sides of RFB-320's prior boxes
PRIORS: dict[str, Any] = {
    "strides": (8.0, 16.0, 32.0, 64.0),
    "anchors": tuple(float(side) for side in SQUARES for _ in "wh"),
    "anchor_counts": (3.0, 2.0, 2.0, 3.0),
}


@pytest.fixture
def described(shared_data: Path) -> dict[str, Any]:
    models = json.loads((shared_data / "models" / "models.json").read_text())["models"]
    return {model["name"]: model for model in models}


@pytest.fixture
def cv2() -> Any:
    return pytest.importorskip("cv2", reason="needs the extra `opencv`")


def labels(shared_data: Path, name: str) -> LabelSet:
    return LabelSet(tuple((shared_data / "models" / "labels" / name).read_text().splitlines()))


def check(shared_data: Path, model: dict[str, Any], spec: Spec, run: Run) -> None:
    """Every photo's boxes, above the threshold of the measurement, are the expected ones."""
    for photo, expected in model["expected"].items():
        pixels = np.asarray(PIL.Image.open(shared_data / "photos" / photo).convert("RGB"))
        outputs, placement = run(pixels)
        found = read(spec, *outputs, selection=Selection(min_score=model["threshold"]), placement=placement)
        assert [one.label for one in found] == [wanted.get("label", "face") for wanted in expected]
        for one, wanted in zip(found, expected, strict=True):
            assert one.score == pytest.approx(wanted["score"], abs=CONFIDENCE)
            assert in_pixels(one, pixels) == pytest.approx(wanted["xyxy"], abs=PIXELS)


def in_pixels(one: Prediction, pixels: NDArray[np.uint8]) -> list[float]:
    height, width = pixels.shape[:2]
    return [edge * side for edge, side in zip(edges(one), (width, height) * 2, strict=True)]


def test_yolox(shared_data: Path, described: dict[str, Any], cv2: Any) -> None:
    session = onnx_session(shared_data / "models" / "onnx" / "yolox_nano_416.onnx")

    def run(pixels: NDArray[np.uint8]) -> tuple[list[Any], Placement]:
        height, width = pixels.shape[:2]
        ratio = min(416 / height, 416 / width)
        filled = np.full((416, 416, 3), 114, np.float32)
        size = (int(width * ratio), int(height * ratio))
        filled[: size[1], : size[0]] = cv2.resize(pixels[..., ::-1], size)
        placement = Placement(0, 0, width * ratio, height * ratio, Size(416, 416))
        return [session.run(None, {"images": filled.transpose(2, 0, 1)[None]})[0][0]], placement

    spec = Spec(labels(shared_data, "coco80.txt"), "yolox")
    check(shared_data, described["onnx/yolox_nano_416.onnx"], spec, run)


def test_finished_boxes_of_faces(shared_data: Path, described: dict[str, Any], cv2: Any) -> None:
    session = onnx_session(shared_data / "models" / "onnx" / "face_RFB-320.onnx")

    def run(pixels: NDArray[np.uint8]) -> tuple[list[Any], Placement]:
        tensor = (cv2.resize(pixels, (320, 240)).astype(np.float32) - 127) / 128
        outputs = session.run(["scores", "boxes"], {"input": tensor.transpose(2, 0, 1)[None]})
        return [output[0] for output in outputs], Placement.whole(Size(320, 240))

    spec = Spec(LabelSet(("face",)), "detection_boxes", tuple(FACES.items()))
    check(shared_data, described["onnx/face_RFB-320.onnx"], spec, run)


def test_offsets_of_faces_from_priors(shared_data: Path, described: dict[str, Any], cv2: Any) -> None:
    folder = shared_data / "models" / "caffe" / "face_RFB-320"
    network = cv2.dnn.readNetFromCaffe(str(folder / "RFB-320.prototxt"), str(folder / "RFB-320.caffemodel"))

    def run(pixels: NDArray[np.uint8]) -> tuple[list[Any], Placement]:
        tensor = (cv2.resize(pixels[..., ::-1], (320, 240)).astype(np.float32) - 127) / 128
        network.setInput(tensor.transpose(2, 0, 1)[None])
        return [output[0] for output in network.forward(["scores", "boxes"])], Placement.whole(Size(320, 240))

    spec = Spec(LabelSet(("face",)), "ssd", tuple((FACES | PRIORS).items()))
    check(shared_data, described["caffe/face_RFB-320"], spec, run)


def test_darknet_s_layers(shared_data: Path, described: dict[str, Any], cv2: Any) -> None:
    stem = shared_data / "models" / "darknet" / "yolo-fastest-1.1"
    network = cv2.dnn.readNetFromDarknet(f"{stem}.cfg", f"{stem}.weights")

    def run(pixels: NDArray[np.uint8]) -> tuple[list[Any], Placement]:
        tensor = cv2.resize(pixels, (320, 320)).astype(np.float32) / 255
        network.setInput(tensor.transpose(2, 0, 1)[None])
        return list(network.forward(network.getUnconnectedOutLayersNames())), Placement.whole(Size(320, 320))

    spec = Spec(labels(shared_data, "coco80.txt"), "darknet")
    check(shared_data, described["darknet/yolo-fastest-1.1"], spec, run)


def test_tflite_s_own_postprocessing(shared_data: Path, described: dict[str, Any], cv2: Any) -> None:
    litert = pytest.importorskip("ai_edge_litert.interpreter", reason="needs the extra `tflite`")
    file = shared_data / "models" / "tflite" / "coco_ssd_mobilenet_v1_quant.tflite"
    interpreter = litert.Interpreter(str(file))
    interpreter.allocate_tensors()

    def run(pixels: NDArray[np.uint8]) -> tuple[list[Any], Placement]:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], cv2.resize(pixels, (300, 300))[None])
        interpreter.invoke()
        outputs = [interpreter.get_tensor(one["index"])[0] for one in interpreter.get_output_details()]
        return outputs, Placement.whole(Size(300, 300))

    spec = Spec(labels(shared_data, "ssd90.txt"), "tflite_detection")
    check(shared_data, described["tflite/coco_ssd_mobilenet_v1_quant.tflite"], spec, run)


def onnx_session(file: Path) -> Any:
    onnxruntime = pytest.importorskip("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(file, options)
