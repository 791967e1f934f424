"""Third parties' detectors as model folders, through the product's own runtimes and preprocessing.

Photos are resized by Pillow, which averages where they were measured without, so boxes move by a few pixels.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from image_tagger.domain.errors import MissingExtra
from image_tagger.domain.selection import Selection
from image_tagger.models.loaded import LoadedModel, load
from image_tagger.models.manifest import read_version, sha256
from tests.models.postprocessing.reading import edges
from tests.models.recognising import recognised

COVERED = 0.75  # Jaccard index with the expected box
CONFIDENCE = 0.12


@dataclass(frozen=True)
class Detector:
    files: tuple[str, ...]  # the network and its companions, in the folder of models
    labels: str
    manifest: str


SQUASHED_320 = 'size = [320, 240]\nresize = "squash"\nscale = 0.0078125\nmean = [0.9921875, 0.9921875, 0.9921875]'
FACES = 'thresholds = 0.7\n[spec.options]\nbackground = "first"\nnms_threshold = 0.3'
DETECTORS = {
    "onnx/yolox_nano_416.onnx": Detector(
        ("onnx/yolox_nano_416.onnx",),
        "coco80.txt",
        """
runtime = "onnx"
[preprocessing]
size = [416, 416]
resize = "fill"
fill = [114, 114, 114]
align = "top-left"
scale = 1.0
channels = "BGR"
[spec]
postprocessing = "yolox"
thresholds = 0.4
""",
    ),
    "onnx/face_RFB-320.onnx": Detector(
        ("onnx/face_RFB-320.onnx",),
        "",
        f"""
runtime = "onnx"
outputs = ["scores", "boxes"]
[preprocessing]
{SQUASHED_320}
[spec]
postprocessing = "detection_boxes"
{FACES}
""",
    ),
    "caffe/face_RFB-320": Detector(
        ("caffe/face_RFB-320/RFB-320.prototxt", "caffe/face_RFB-320/RFB-320.caffemodel"),
        "",
        f"""
runtime = "opencv"
outputs = ["scores", "boxes"]
[preprocessing]
{SQUASHED_320}
[spec]
postprocessing = "ssd"
{FACES}
strides = [8, 16, 32, 64]
anchors = [[10, 10], [16, 16], [24, 24], [32, 32], [48, 48], [64, 64], [96, 96], [128, 128], [192, 192], [256, 256]]
anchor_counts = [3, 2, 2, 3]
""",
    ),
    "darknet/yolo-fastest-1.1": Detector(
        ("darknet/yolo-fastest-1.1.cfg", "darknet/yolo-fastest-1.1.weights"),
        "coco80.txt",
        """
runtime = "opencv"
batched = false
[preprocessing]
size = [320, 320]
resize = "squash"
[spec]
postprocessing = "darknet"
thresholds = 0.4
""",
    ),
    "tflite/coco_ssd_mobilenet_v1_quant.tflite": Detector(
        ("tflite/coco_ssd_mobilenet_v1_quant.tflite",),
        "ssd90.txt",
        """
runtime = "tflite"
[preprocessing]
size = [300, 300]
resize = "squash"
scale = 1.0
layout = "NHWC"
element = "uint8"
[spec]
postprocessing = "tflite_detection"
thresholds = 0.5
""",
    ),
    "tensorflow/mtcnn.pb": Detector(
        ("tensorflow/mtcnn.pb",),
        "",
        """
runtime = "tensorflow"
batched = false
tensor = "input"
outputs = ["prob", "box"]
constants = [
  { tensor = "min_size", shape = [], data = [40.0] },
  { tensor = "thresholds", shape = [3], data = [0.6, 0.7, 0.7] },
  { tensor = "factor", shape = [], data = [0.7] },
]
[preprocessing]
size = [512, 512]
resize = "network"
scale = 1.0
layout = "NHWC"
channels = "BGR"
[spec]
postprocessing = "detection_boxes"
thresholds = 0.7
[spec.options]
order = "yxyx"
coordinates = "pixels"
nms_threshold = 1.0
""",
    ),
}


def folder_of(detector: Detector, models: Path, into: Path) -> Path:
    for name in detector.files:
        shutil.copy(models / name, into / Path(name).name)
    names = (models / "labels" / detector.labels).read_text() if detector.labels else "face\n"
    (into / "labels.txt").write_text(names)
    main, *companions = (Path(name).name for name in detector.files)
    kept = "".join(f'"{name}" = "{sha256(into / name)}"\n' for name in companions)
    head = f'name = "detector"\n[network]\nfile = "{main}"\nsha256 = "{sha256(into / main)}"\n'
    text = detector.manifest.replace("[spec]\n", '[spec]\nlabels = "labels.txt"\n')
    (into / "model.toml").write_text(f"{head}{text}" + (f"[network.companions]\n{kept}" if kept else ""))
    return into


def opened(detector: Detector, models: Path, into: Path) -> LoadedModel:
    try:
        return load(read_version(folder_of(detector, models, into)))
    except MissingExtra as missing:
        pytest.skip(str(missing))


def jaccard(one: list[float], other: list[float]) -> float:
    across = max(min(one[2], other[2]) - max(one[0], other[0]), 0)
    down = max(min(one[3], other[3]) - max(one[1], other[1]), 0)
    first, second = ((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return across * down / (first + second - across * down)


def expected_box(row: dict[str, Any]) -> list[float]:
    if "xyxy" in row:
        return [*row["xyxy"]]
    top, left, bottom, right = row["y1x1y2x2"]
    return [left, top, right, bottom]


@pytest.mark.parametrize("name", DETECTORS)
def test_a_real_detector_finds_what_it_should(shared_data: Path, tmp_path: Path, name: str) -> None:
    models = json.loads((shared_data / "models" / "models.json").read_text())["models"]
    photos = next(model["expected"] for model in models if model["name"] == name)
    model, missed = opened(DETECTORS[name], shared_data / "models", tmp_path), list[str]()
    for photo, rows in photos.items():
        pixels = np.asarray(PIL.Image.open(shared_data / "photos" / photo).convert("RGB"))
        height, width = pixels.shape[:2]
        found = recognised(model, pixels, Selection(min_score=0.25))
        assert "???" not in {one.label for one in found}
        for row in rows:
            near = [
                one
                for one in found
                if one.label == row.get("label", "face")
                and abs(one.score - row["score"]) < CONFIDENCE
                and jaccard([e * s for e, s in zip(edges(one), (width, height) * 2, strict=True)], expected_box(row))
                > COVERED
            ]
            missed += [] if near else [f"{photo}: {row}"]
    assert missed == []
