"""Guesses from what networks take and give; which of them hold is tried on real networks."""

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.selection import Selection
from image_tagger.models.guessing.drafting import draft, read_labels, write_draft
from image_tagger.models.guessing.recipe import Recipe, recipe_of
from image_tagger.models.inspection.inspecting import Inspection, Observed, inspect
from image_tagger.models.inspection.kinds import Kind
from image_tagger.models.inspection.parts import Parts, parts_of
from image_tagger.models.loaded import load
from image_tagger.models.manifest import read_version
from image_tagger.models.running.tensors import TensorInfo
from tests.models import networks

Shape = tuple[int, ...]
REAL = [
    ("onnx/mobilenet_v1_0.25_224.onnx", "labels_1001.txt", {"cc_macaw.jpg": ["macaw"]}),
    ("onnx/nsfw_mobilenet_v2_224.onnx", "nsfw5.txt", {"cc_cat_chelsea.png": ["neutral"]}),
    ("onnx/yolox_nano_416.onnx", "coco80.txt", {"coco_000000000785.jpg": ["person", "skis"]}),
    ("onnx/face_RFB-320.onnx", "", {"cc_grace_hopper.jpg": ["class 0"]}),
]


def recipe(
    name: str, shape: tuple[int | None, ...], outputs: dict[str, Shape], kind: Kind = Kind.ONNX, most: float = 5.0
) -> Recipe:
    """Of a network that was tried, without running one."""
    given = tuple(TensorInfo(output, sides, "float32") for output, sides in outputs.items())
    seen = tuple(Observed(output, sides, -1.0, most, shares=False) for output, sides in outputs.items())
    found = Inspection(kind, "onnx", (TensorInfo("images", shape, "float32"),), given, seen)
    return recipe_of(Parts(kind, Path(name)), found)


@pytest.mark.parametrize(
    ("name", "shape", "outputs", "task", "labels"),
    [
        ("yolox_s.onnx", (1, 3, 640, 640), {"output": (1, 8400, 85)}, "yolox", 80),
        ("yolov5s.onnx", (1, 3, 640, 640), {"output0": (1, 25200, 85)}, "yolo", 80),
        ("yolov8n.onnx", (1, 3, 640, 640), {"output0": (1, 84, 8400)}, "yolo", 80),
        ("yolov10n.onnx", (1, 3, 640, 640), {"output0": (1, 300, 6)}, "yolo", 0),
        ("detr.onnx", (1, 3, 800, 800), {"logits": (1, 100, 92), "pred_boxes": (1, 100, 4)}, "detr", 91),
        ("rfdetr.onnx", (1, 3, 560, 560), {"dets": (1, 300, 4), "labels": (1, 300, 91)}, "detr", 91),
        ("nas.onnx", (1, 3, 640, 640), {"boxes": (1, 8400, 4), "scores": (1, 8400, 80)}, "detection_boxes", 80),
        ("ssd.onnx", (1, 3, 300, 300), {"detection_out": (1, 1, 100, 7)}, "caffe_detection_output", 0),
        ("resnet50.onnx", (1, 3, 224, 224), {"output": (1, 1000)}, "classification", 1000),
        ("resnet50.onnx", (1, 3, 224, 224), {"features": (1, 2048, 7, 7), "logits": (1, 1000)}, "classification", 1000),
    ],
)
def test_heads_are_told_by_shapes(name: str, shape: Shape, outputs: dict[str, Shape], task: str, labels: int) -> None:
    made = recipe(name, shape, outputs)
    assert (made.value("postprocessing", "spec"), made.labels) == (task, labels)


@pytest.mark.parametrize(
    ("name", "shape", "outputs", "kind", "expected"),
    [
        ("resnet50.onnx", (1, 3, 224, 224), 1000, Kind.ONNX, {"mean": (0.485, 0.456, 0.406), "resize": "crop"}),
        ("inception_v3.pb", (None, 299, 299, 3), 1001, Kind.GRAPH_DEF, {"mean": (1.0, 1.0, 1.0), "layout": "NHWC"}),
        ("deploy.prototxt", (1, 3, 227, 227), 1000, Kind.PROTOTXT, {"channels": "BGR", "mean": (104.0, 117.0, 123.0)}),
        ("own.onnx", (1, 3, 64, 96), 7, Kind.ONNX, {"size": (96, 64), "resize": "squash", "scale": 1 / 255}),
        ("grey.h5", (None, 64, 64, 1), 7, Kind.HDF5, {"channels": "L", "size": (64, 64)}),
        ("free.onnx", (1, 3, None, None), 10, Kind.ONNX, {"size": (224, 224), "layout": "NCHW"}),
    ],
)
def test_how_pictures_enter(
    name: str, shape: tuple[int | None, ...], outputs: int, kind: Kind, expected: dict[str, object]
) -> None:
    made = recipe(name, shape, {"output": (1, outputs)}, kind)
    assert {key: made.value(key, "preprocessing") for key in expected} == expected


def test_every_guess_says_why() -> None:
    made = recipe("yolox_s.onnx", (1, 3, 640, 640), {"output": (1, 8400, 85)})
    assert made.value("align", "preprocessing") == "top-left"
    assert [guess.key for guess in made.guesses if not guess.why and guess.table != "about"] == []


def test_what_is_not_known_is_not_guessed() -> None:
    with pytest.raises(InvalidModel, match=r"is not known here \(a \[1, 5, 6, 7\]\)"):
        recipe("a.onnx", (1, 3, 64, 64), {"a": (1, 5, 6, 7)})
    with pytest.raises(InvalidModel, match="takes no picture"):
        recipe("a.onnx", (1, 128), {"a": (1, 5)})


def test_a_draft_is_a_model(tmp_path: Path) -> None:
    parts = parts_of(networks.shares(tmp_path / "a.onnx"))
    made = draft(parts, recipe_of(parts, inspect(parts)), None)
    write_draft(tmp_path / "draft", made, "own")
    version = read_version(tmp_path / "draft")
    assert version.spec.labels.names == ("class 0", "class 1", "class 2")
    assert version.spec.options == (("activation", "none"),)
    assert "# guessed: " in (tmp_path / "draft" / "model.toml").read_text()
    with pytest.raises(InvalidModel, match="is not empty"):
        write_draft(tmp_path / "draft", made, "own")


@pytest.mark.parametrize(("name", "labels", "seen"), REAL)
def test_guesses_hold_for_real_networks(
    shared_data: Path, tmp_path: Path, name: str, labels: str, seen: dict[str, list[str]]
) -> None:
    ((photo, expected),) = seen.items()
    parts = parts_of(shared_data / "models" / name)
    known = read_labels(shared_data / "models" / "labels" / labels) if labels else None
    made = recipe_of(parts, inspect(parts), len(known) if known else 0)
    write_draft(tmp_path / "draft", draft(parts, made, known), "real")
    model = load(read_version(tmp_path / "draft"), "cpu")
    with PIL.Image.open(shared_data / "photos" / photo) as picture:
        prepared = model.prepare(np.asarray(picture.convert("RGB")))
    (outputs,) = model.run(prepared.tensor[np.newaxis])
    found = model.read(outputs, prepared.placement, Selection(top=len(expected), min_score=0.4))
    assert [prediction.label for prediction in found] == expected
