"""Writes the model folders that ship in the wheel: labels, groups, model.toml, golden pictures and answers."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from image_tagger.domain.specs import Preprocessing
from training.shipped import Shipped, squares_of

GOLDEN = "golden.npz"
GOLDEN_PHOTOS = ("cc_cat_720p.jpg", "cc_coffee.png", "cc_dragonfly.jpg", "cc_hot_dog.jpg")  # CC0 or CC BY 2.0
GOLDEN_SIZE = (128, 96)  # width, height
TOLERANCE = 0.05  # of a probability; docs/embedded-model.md says what was seen elsewhere

TEMPLATE = """\
name = "{name}"

[network]
file = "{file}"
runtime = "onnx"
sha256 = "{sha256}"

[preprocessing]
size = [{side}, {side}]
resize = "crop"
fraction = {shown}
filter = "{filter}"
reducing_gap = 2.0
scale = 1.0
mean = [0.0, 0.0, 0.0]
std = [1.0, 1.0, 1.0]
layout = "NHWC"
element = "uint8"

[spec]
labels = "labels.txt"
hierarchy = "hierarchy.txt"
sure = {sure:.2f}
postprocessing = "classification"

[spec.options]
activation = "softmax"

[golden]
file = "golden.npz"
tolerance = {tolerance}

[about]
description = {description}
licence = "Apache-2.0"
trained_on = {trained_on}
top1 = "{top1:.1f} %"
top5 = "{top5:.1f} %"
card = "{card}"
"""
DESCRIPTION = "A small residual network that names the main thing in a photo, out of 293 classes"
TRAINED_ON = "152 thousand photos of 293 ImageNet-1k classes, 64 x 64 pixels; not redistributed"


@dataclass(frozen=True, slots=True)
class Variant:
    """One form of the network: what users call it, its form (training.graph), its place below the embedded folder."""

    name: str
    form: str
    place: str
    card: str

    @property
    def file(self) -> str:
        """The network's file name."""
        return f"{self.name}.onnx"


VARIANTS = (
    Variant("starter", "int8", ".", "MODEL_CARD.md"),
    Variant("starter-fp32", "narrow", "fp32", "../MODEL_CARD.md"),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What model.toml says beyond the file itself; accuracies in percent, `sure` in 0..1."""

    preprocessing: Preprocessing
    top1: float
    top5: float
    sure: float


def write_labels(folder: Path, classes: list[dict[str, str | int]]) -> None:
    """One label a line, in the order of the outputs."""
    labels = [str(row["label"]) for row in classes]
    if any("_" in label or "," in label or label != label.strip() for label in labels):
        raise SystemExit("a label holds an underscore, a comma or outer space")
    (folder / "labels.txt").write_text("\n".join(labels) + "\n")


def write_manifest(folder: Path, variant: Variant, facts: Facts) -> None:
    """model.toml, for the network that lies in the folder now."""
    text = TEMPLATE.format(
        name=variant.name,
        file=variant.file,
        card=variant.card,
        sure=facts.sure,
        sha256=hashlib.sha256((folder / variant.file).read_bytes()).hexdigest(),
        side=facts.preprocessing.size.width,
        shown=facts.preprocessing.fraction,
        filter=facts.preprocessing.filter,
        tolerance=TOLERANCE,
        description=json.dumps(DESCRIPTION),
        trained_on=json.dumps(TRAINED_ON),
        top1=facts.top1,
        top5=facts.top5,
    )
    (folder / "model.toml").write_text(text)


def write_golden(folder: Path, pictures: NDArray[np.uint8]) -> None:
    """Pictures, uint8 (count, height, width, 3), and the folder's own answers to them."""
    shipped = Shipped(folder)
    probabilities = shipped.probabilities(squares_of(pictures, shipped.preprocessing)).astype(np.float32)
    np.savez_compressed(folder / GOLDEN, pictures=pictures, probabilities=probabilities)


def old_pictures(folder: Path) -> NDArray[np.uint8]:
    """The golden pictures that lie in a folder."""
    with np.load(folder / GOLDEN, allow_pickle=False) as golden:
        pictures: NDArray[np.uint8] = golden["pictures"]
        return pictures


def new_pictures(photos: Path) -> NDArray[np.uint8]:
    """Golden pictures, cut and shrunk from freely licensed photos, and a colour gradient."""
    return np.stack([_small(photos / name) for name in GOLDEN_PHOTOS] + [_gradient()])


def _small(photo: Path) -> NDArray[np.uint8]:
    picture = Image.open(photo).convert("RGB")
    width, height = picture.size
    across, down = GOLDEN_SIZE
    scale = min(width / across, height / down)
    left, top = (width - across * scale) / 2, (height - down * scale) / 2
    box = (left, top, left + across * scale, top + down * scale)
    return np.asarray(picture.resize(GOLDEN_SIZE, Image.Resampling.BOX, box=box))


def _gradient() -> NDArray[np.uint8]:
    """Red grows to the right, green downwards, blue falls along the diagonal."""
    width, height = GOLDEN_SIZE
    red, green = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return np.stack([red, green, 255 - (red + green) / 2], axis=-1).round().astype(np.uint8)
