"""The folder that ships in the wheel, opened with what the product has: Pillow and ONNX Runtime, no torch."""

import hashlib
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

from training.metrics import softmax

FILTERS = {"box": Image.Resampling.BOX, "bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a picture becomes the network's square of bytes."""

    side: int
    filter: str = "bilinear"
    squash: bool = False  # the whole picture in place of its central square

    def square(self, picture: Image.Image) -> NDArray[np.uint8]:
        """RGB picture of any size -> uint8 (side, side, 3)."""
        width, height = picture.size
        edge = min(width, height)
        left, top = (width - edge) / 2, (height - edge) / 2
        box = (0.0, 0.0, width, height) if self.squash else (left, top, left + edge, top + edge)
        return np.asarray(picture.resize((self.side, self.side), FILTERS[self.filter], box=box))

    def squares(self, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """uint8 (count, height, width, 3) -> uint8 (count, side, side, 3)."""
        return np.stack([self.square(Image.fromarray(picture)) for picture in pictures])


class Shipped:
    """A model folder, ready to answer on one thread."""

    def __init__(self, folder: Path) -> None:
        self.card: dict[str, Any] = tomllib.loads((folder / "model.toml").read_text())
        self.labels = (folder / self.card["spec"]["labels"]).read_text().splitlines()
        self.file = folder / self.card["network"]["file"]
        if hashlib.sha256(self.file.read_bytes()).hexdigest() != self.card["network"]["sha256"]:
            raise SystemExit("the network is not the one that model.toml names")
        preprocessing = self.card["preprocessing"]
        if (preprocessing["element"], preprocessing["layout"]) != ("uint8", "NHWC"):
            raise SystemExit("only networks that take bytes are known here")
        self.preparation = Preparation(preprocessing["size"][0], preprocessing["filter"])
        self.session = session(self.file)

    def probabilities(self, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 (count, side, side, 3) -> float32 (count, classes)."""
        return softmax(logits(self.session, squares))


def session(file: Path) -> onnxruntime.InferenceSession:
    """One thread, like the product's default for a small network."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def logits(network: onnxruntime.InferenceSession, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8 (count, side, side, 3) -> float32 (count, classes), 100 photos at a time."""
    parts = [network.run(None, {"pixels": squares[i : i + 100]})[0] for i in range(0, len(squares), 100)]
    return np.concatenate(parts)


def milliseconds(network: onnxruntime.InferenceSession, square: NDArray[np.uint8], runs: int = 300) -> float:
    """Best time of one photo: the machine may be busy with other work, which can only add."""
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        network.run(None, {"pixels": square[None]})
        times.append(time.perf_counter() - started)
    return min(times) * 1000
