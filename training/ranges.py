"""Which range of an activation the 256 steps of a byte cover: the one with the least squared error.

A wide range cuts nothing off and has coarse steps; a narrow one has fine steps and cuts off what is rare. The error of
both is measured on what the float32 graph computes for photos (as in Nagel et al. 2021, arXiv:2106.08295, section 3.1).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

CHUNK = 32  # photos at a time
BINS = 8192  # of a histogram: 32 for each step of the widest range
SHARES = np.linspace(0.1, 1, 46)  # of the least and of the most that occurs, which are tried as the ends of the range
STEPS = 255


@dataclass(frozen=True, slots=True)
class Range:
    """What the bytes 0 and 255 stand for; least <= 0 <= most, so that zero is one of them."""

    least: float
    most: float

    @property
    def step(self) -> float:
        """What one more means."""
        return (self.most - self.least) / STEPS

    @property
    def zero(self) -> int:
        """The byte for zero."""
        return round(-self.least / self.step)

    def stored(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """What comes back of values that are stored as bytes."""
        return (np.clip(np.rint(values / self.step) + self.zero, 0, STEPS) - self.zero) * self.step


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often (counts) an activation is near each of these values, which are in rising order; both (bins,)."""

    values: NDArray[np.float64]
    counts: NDArray[np.float64]

    def best(self) -> Range:
        """The range of the least squared error, of all pairs of SHARES."""
        least, most = min(0.0, float(self.values[0])), max(0.0, float(self.values[-1]))
        if least == most:
            return Range(0.0, 1.0)  # nothing ever comes
        pairs = product(SHARES if least else SHARES[-1:], SHARES if most else SHARES[-1:])
        return min((Range(least * below, most * above) for below, above in pairs), key=self._error)

    def _error(self, tried: Range) -> float:
        return float(self.counts @ np.square(tried.stored(self.values) - self.values))


def measured(source: Path, photos: NDArray[np.uint8]) -> Mapping[str, Range]:
    """The best range of every activation of a float32 graph that becomes bytes; photos: (count, side, side, 3)."""
    opened = Opened(source)
    ends: dict[str, list[float]] = {name: [] for name in opened.names}
    for name, values in opened.activations(photos):
        ends[name] += [float(values.min()), float(values.max())]
    edges = {name: np.linspace(min(found), max(found), BINS + 1) for name, found in ends.items()}
    counts = {name: np.zeros(BINS) for name in opened.names}
    for name, values in opened.activations(photos):
        counts[name] += np.histogram(values, BINS, (edges[name][0], edges[name][-1]))[0]
    middles = {name: (found[1:] + found[:-1]) / 2 for name, found in edges.items()}
    return {name: Histogram(middles[name], counts[name]).best() for name in opened.names}


class Opened:
    """A float32 graph that also gives the activations that become bytes."""

    def __init__(self, source: Path) -> None:
        model = onnx.load(source)
        self.names = list(stored_activations(model))
        for name in self.names:
            model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
        self._session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])

    def activations(self, photos: NDArray[np.uint8]) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """Name and values of each, for some photos after the other."""
        for first in range(0, len(photos), CHUNK):
            found = self._session.run(self.names, {"pixels": photos[first : first + CHUNK]})
            yield from zip(self.names, found, strict=True)


def stored_activations(model: onnx.ModelProto) -> Iterator[str]:
    """What rectifiers give, and convolutions that no rectifier follows."""
    rectified = {node.input[0] for node in model.graph.node if node.op_type == "Relu"}
    for node in model.graph.node:
        if node.op_type == "Relu" or (node.op_type == "Conv" and node.output[0] not in rectified):
            yield node.output[0]
