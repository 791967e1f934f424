"""Writes the model folder that ships in the wheel: labels, model.toml, golden pictures and answers."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from image_tagger.domain.specs import Preprocessing
from training.shipped import Shipped, squares_of

NETWORK = "starter.onnx"
GOLDEN_PHOTOS = ("cc_cat_720p.jpg", "cc_coffee.png", "cc_dragonfly.jpg", "cc_hot_dog.jpg")  # CC0 or CC BY 2.0
GOLDEN_SIZE = (128, 96)  # width, height
TOLERANCE = 0.05  # of a probability; docs/embedded-model.md says what was seen elsewhere

TEMPLATE = """\
name = "starter"

[network]
file = "{file}"
runtime = "onnx"
sha256 = "{sha256}"

[preprocessing]
size = [{side}, {side}]
resize = "crop"
fraction = 1.0
filter = "{filter}"
scale = 1.0
mean = [0.0, 0.0, 0.0]
std = [1.0, 1.0, 1.0]
layout = "NHWC"
element = "uint8"

[spec]
labels = "labels.txt"
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
card = "MODEL_CARD.md"
"""
DESCRIPTION = "A small residual network that names the main thing in a photo, out of 293 classes"
TRAINED_ON = "152 thousand photos of 293 ImageNet-1k classes, 64 x 64 pixels; not redistributed"


@dataclass(frozen=True, slots=True)
class Facts:
    """What model.toml says beyond the file itself; accuracies in percent."""

    preprocessing: Preprocessing
    top1: float
    top5: float


def write_labels(folder: Path, classes: list[dict[str, str | int]]) -> None:
    """One label a line, in the order of the outputs."""
    labels = [str(row["label"]) for row in classes]
    if any("_" in label or "," in label or label != label.strip() for label in labels):
        raise SystemExit("a label holds an underscore, a comma or outer space")
    (folder / "labels.txt").write_text("\n".join(labels) + "\n")


def write_manifest(folder: Path, facts: Facts) -> None:
    """model.toml, for the network that lies in the folder now."""
    text = TEMPLATE.format(
        file=NETWORK,
        sha256=hashlib.sha256((folder / NETWORK).read_bytes()).hexdigest(),
        side=facts.preprocessing.size.width,
        filter=facts.preprocessing.filter,
        tolerance=TOLERANCE,
        description=json.dumps(DESCRIPTION),
        trained_on=json.dumps(TRAINED_ON),
        top1=facts.top1,
        top5=facts.top5,
    )
    (folder / "model.toml").write_text(text)


def write_golden(folder: Path, photos: Path | None) -> None:
    """Pictures and the folder's own answers. Without `photos` the pictures that lie there are answered anew."""
    file = folder / "golden.npz"
    pictures = np.load(file)["pictures"] if photos is None else _pictures(photos)
    shipped = Shipped(folder)
    probabilities = shipped.probabilities(squares_of(pictures, shipped.preprocessing)).astype(np.float32)
    np.savez_compressed(file, pictures=pictures, probabilities=probabilities)


def _pictures(photos: Path) -> NDArray[np.uint8]:
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
