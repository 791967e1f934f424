"""Real networks of every framework, uploaded and asked about real photos."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.dialects.recognition.platform import Door, Wire, names, outputs, preprocessing

MACAW = "cc_macaw.jpg"
SCALED: Wire = {"dimension_order": "NHWC", "pixel_scaling": 2.0, "resize_type": "CROP", "mean_file": "mean.npy"}
MOBILENET = "mobilenet_v1_0.25_224"


def labels_of(shared_data: Path, name: str) -> tuple[str, ...]:
    """The lines of a file of labels."""
    return tuple((shared_data / "models" / "labels" / name).read_text("utf-8").splitlines())


def ones(folder: Path) -> Path:
    """A mean of one for each channel."""
    written = io.BytesIO()
    np.save(written, np.ones((1, 1, 3), np.float32))
    file = folder / "mean.npy"
    file.write_bytes(written.getvalue())
    return file


def renamed(folder: Path, **files: Path) -> list[Path]:
    """Copies under the names that an upload needs; `__` stands for a dot."""
    copies = []
    for name, file in files.items():
        copies.append(folder / name.replace("__", "."))
        copies[-1].write_bytes(file.read_bytes())
    return copies


@pytest.mark.parametrize(
    ("framework", "library", "files", "tensors"),
    [
        ("tflite", "ai_edge_litert", [f"tflite/{MOBILENET}.tflite"], ("input", "MobilenetV1/Predictions/Reshape_1")),
        ("keras", "h5py", [f"keras/{MOBILENET}.h5"], ("input_layer", "keras_tensor_179")),
        (
            "tensorflow-1.x",
            "openvino",
            [f"tensorflow/{MOBILENET}_frozen.pb"],
            ("input:0", "MobilenetV1/Predictions/Softmax"),
        ),
        (
            "tensorflow-2.x",
            "openvino",
            [
                f"tensorflow/{MOBILENET}_savedmodel/{name}"
                for name in ("saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001")
            ],
            ("input_1", "probabilities:0"),
        ),
    ],
)
def test_classifiers(
    door: Door,
    shared_data: Path,
    tmp_path: Path,
    *,
    framework: str,
    library: str,
    files: list[str],
    tensors: tuple[str, str],
) -> None:
    pytest.importorskip(library)
    described = preprocessing("224x224", tensors[0], **SCALED)
    uploaded = [shared_data / "models" / file for file in files]
    network = door.upload(*uploaded, ones(tmp_path), framework=framework, described=described)
    assert door.ended(network["task_id"])["error"] is None
    spec = door.spec(outputs(labels_of(shared_data, "labels_1001.txt")))
    door.version(network, spec, [{"classification": {"output_tensor": tensors[1]}}])
    (best,) = _asked(door, shared_data, f"/recognition/specs/{spec['id']}", max_predictions=1)
    assert best["label_name"] == "macaw"
    assert best["score"] > 0.9
    door.delete(f"/networks/{network['id']}/")


def test_caffe(door: Door, shared_data: Path, tmp_path: Path) -> None:
    pytest.importorskip("cv2")
    folder = shared_data / "models" / "caffe" / "squeezenet_v1.1"
    files = renamed(
        tmp_path,
        deploy__prototxt=folder / "deploy.prototxt",
        snapshot__caffemodel=folder / "squeezenet_v1.1.caffemodel",
    )
    mean = tmp_path / "mean.npy"
    np.save(mean, np.array([[[104.0, 117.0, 123.0]]], np.float32))
    described = preprocessing("227x227", "data", color_channels="BGR", pixel_scaling=255.0, mean_file="mean.npy")
    network = door.upload(*files, mean, framework="nv-caffe-0.x-mod", described=described)
    assert door.ended(network["task_id"])["error"] is None
    spec = door.spec(outputs(labels_of(shared_data, "labels_1000.txt")))
    door.version(network, spec, [{"classification": {"output_tensor": "prob"}}])
    (best,) = _asked(door, shared_data, f"/recognition/specs/{spec['id']}", max_predictions=1)
    assert best["label_name"] == "macaw"
    door.delete(f"/networks/{network['id']}/")


def test_logits_with_an_activation(door: Door, shared_data: Path, tmp_path: Path) -> None:
    described = preprocessing("224x224", "pixel_values", **{**SCALED, "dimension_order": "NCHW"})
    file = shared_data / "models" / "onnx" / f"{MOBILENET}.onnx"
    network = door.upload(file, ones(tmp_path), described=described)
    assert door.ended(network["task_id"])["error"] is None
    spec = door.spec(outputs(labels_of(shared_data, "labels_1001.txt")))
    door.version(network, spec, [{"classification": {"output_tensor": "logits", "activation": "softmax"}}])
    (best,) = _asked(door, shared_data, f"/recognition/specs/{spec['id']}", max_predictions=1)
    assert best["label_name"] == "macaw"
    door.delete(f"/networks/{network['id']}/")


def ssd(entry: Callable[[str], str] = "TFLite_Detection_PostProcess{}".format) -> Wire:
    """How the TFLite detector's tensors are read."""
    tensors = {"boxes_tensor": entry(""), "classes_tensor": entry(":1"), "scores_tensor": entry(":2")}
    return {"direct_output": tensors, "thresholds": [0.5] * 90}


YOLOX = {
    "custom_output": {"postprocessing": "yolox", "output_tensors": ["output"]},
    "nms_threshold": 0.45,
    "thresholds": [0.5] * 80,
}


@pytest.mark.parametrize(
    ("framework", "library", "file", "image", "labels", "entry"),
    [
        (
            "onnx",
            "onnxruntime",
            "onnx/yolox_nano_416.onnx",
            preprocessing("416x416", "images", pixel_scaling=255.0, color_channels="BGR"),
            "coco80.txt",
            YOLOX,
        ),
        (
            "tflite",
            "ai_edge_litert",
            "tflite/coco_ssd_mobilenet_v1_quant.tflite",
            preprocessing(
                "300x300",
                "normalized_input_image_tensor",
                pixel_scaling=255.0,
                data_type="UINT8",
                dimension_order="NHWC",
            ),
            "ssd90.txt",
            ssd(),
        ),
    ],
)
def test_detectors(
    door: Door, shared_data: Path, *, framework: str, library: str, file: str, image: Wire, labels: str, entry: Wire
) -> None:
    pytest.importorskip(library)
    network = door.upload(shared_data / "models" / file, framework=framework, described=image)
    assert door.ended(network["task_id"])["error"] is None
    wanted = outputs(labels_of(shared_data, labels), roi="BBOX")
    for place, label in enumerate(wanted[0]["labels"]["labels"]):
        label["id"] = place  # the class numbers of these networks
    spec = door.spec(wanted)
    door.version(network, spec, [{"detection": entry}])
    found = _asked(door, shared_data, f"/recognition/specs/{spec['id']}", photo="coco_000000000802.jpg")
    assert {"oven", "refrigerator"} <= set(names(found))
    for one in found:
        box = one["roi"]["bbox"]
        assert 0 <= box["xmin"] < box["xmax"] <= 1
        assert 0 <= box["ymin"] < box["ymax"] <= 1
    door.delete(f"/networks/{network['id']}/")


def _asked(door: Door, shared_data: Path, path: str, photo: str = MACAW, **options: Any) -> list[Wire]:
    found: list[Wire] = door.labels(path, (shared_data / "photos" / photo).read_bytes(), **options)["predicted"]
    return found
