"""The folder that ships in the wheel, opened and used by the product's own code: no torch."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from image_tagger.domain.geometry import Size
from image_tagger.domain.specs import Element, Filter, Layout, Preprocessing
from image_tagger.media.decode import Budget, Decoder
from image_tagger.models import loaded
from image_tagger.models.manifest import read_version
from image_tagger.models.preprocessing.preparing import needed_pixels, prepare
from training.metrics import softmax

FILTER = "hamming"  # of the product's resizing
SMOOTH = "bicubic"
BATCH = 100
GENEROUS = Budget(max_bytes=100_000_000, max_pixels=100_000_000)


class Shipped:
    """A model folder, ready to answer on one thread."""

    def __init__(self, folder: Path) -> None:
        self.version = read_version(folder)
        self.labels = self.version.spec.labels.names
        self.about = dict(self.version.about)
        if self.version.spec.hierarchy is None:
            raise SystemExit(f"{folder.name}: model.toml names no hierarchy")
        self.hierarchy, self.sure = self.version.spec.hierarchy, self.version.spec.sure
        self._model = loaded.load(self.version, "cpu")
        self._decoder = Decoder(GENEROUS)

    @property
    def preprocessing(self) -> Preprocessing:
        """How pictures enter the network."""
        return self.version.network.preprocessing

    def photo(self, file: Path) -> NDArray[np.uint8]:
        """The pixels that the product decodes, with its reduced scales: uint8 (height, width, 3)."""
        return next(self._decoder.frames(file, needed_pixels(self.preprocessing))).image.pixels

    def logits(self, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 (count, side, side, 3) -> float32 (count, classes)."""
        batches = (squares[i : i + BATCH] for i in range(0, len(squares), BATCH))
        return np.stack([output for batch in batches for (output,) in self._model.run(batch)])

    def probabilities(self, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 (count, side, side, 3) -> float32 (count, classes); each row sums to 1."""
        return softmax(self.logits(squares))


@dataclass(frozen=True, slots=True)
class GraphFile:
    """Any graph that takes bytes, on one thread."""

    path: Path
    _session: onnxruntime.InferenceSession = field(init=False, repr=False)

    def __post_init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(self.path, options, providers=["CPUExecutionProvider"])
        object.__setattr__(self, "_session", session)

    def logits(self, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 (count, side, side, 3) -> float32 (count, classes)."""
        parts = [self._session.run(None, {"pixels": squares[i : i + BATCH]})[0] for i in range(0, len(squares), BATCH)]
        return np.concatenate(parts)


def bytes_of(side: int, filter_name: str = FILTER, *, shown: float = 1.0) -> Preprocessing:
    """The central square, or this share of its sides (0..1), as it is: uint8 (side, side, 3)."""
    square, kept = Size(side, side), Filter(filter_name)
    return Preprocessing(square, fraction=shown, filter=kept, scale=1.0, layout=Layout.NHWC, element=Element.UINT8)


def enlarged(pictures: NDArray[np.uint8], preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """uint8 (count, 64, 64, 3) -> uint8 (count, side, side, 3), prepared in this way, but smoothly.

    For the photos of the data, which are small already: filters made for shrinking would only repeat pixels.
    """
    return squares_of(pictures, replace(preprocessing, filter=Filter(SMOOTH)))


def squares_of(pictures: NDArray[np.uint8], preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """uint8 (count, height, width, 3) -> uint8 (count, side, side, 3)."""
    return np.stack([prepare(picture, preprocessing) for picture in pictures])


def milliseconds(work: Callable[[], object], runs: int = 300) -> float:
    """The best of many runs: other work on the machine can only add to the time."""
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times) * 1000
