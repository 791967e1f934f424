"""Processor time per picture over the batch size: whether running pictures together pays."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks import bare
from benchmarks.figure import Details, Figure, Row, Setup
from benchmarks.workers import worker
from image_tagger.models.runtimes import onnx

SIZES = (1, 2, 4, 8, 16)
MILLI = 1000
INPUT = (224, 224, 3)
MOBILENET = Path("models/onnx/nsfw_mobilenet_v2_224.onnx")  # the data's ImageNet MobileNets take one picture at a time
Curve = list[float]  # seconds per picture, one for each of SIZES


def measure(setup: Setup) -> Figure:
    """One thread per run, as in the server; no limit, since the engine measures and chooses for itself."""
    repeats, curves = setup.repeats(full=30, quick=5), {}
    with worker() as bench:
        curves["starter"] = bench.submit(starter_curve, repeats).result()
        if setup.data and (setup.data / MOBILENET).is_file():
            curves["mobilenet v2"] = bench.submit(mobilenet_curve, setup.data / MOBILENET, repeats).result()
    rows = tuple(Row(f"batch with the least time, {name}", *_best(curve)) for name, curve in curves.items())
    return Figure(rows, (_table(curves),))


def starter_curve(repeats: int) -> Curve:
    """Of the embedded model."""
    network, random = bare.model(), np.random.default_rng(0)
    wanted = network.version.network.preprocessing.size
    picture = random.integers(0, 256, (wanted.height, wanted.width, 3), np.uint8)
    return _curve(network.run, network.prepare(picture).tensor, repeats)


def mobilenet_curve(file: Path, repeats: int) -> Curve:
    """Of a network with 224 x 224 pixels, a common size."""
    picture = np.random.default_rng(0).random(INPUT, np.float32)
    network = onnx.load(file, "cpu")
    return _curve(lambda batch: network.run({network.inputs[0].name: batch}, ()), picture, repeats)


def _curve(run: Callable[[np.ndarray], object], tensor: np.ndarray, repeats: int) -> Curve:
    """The least of the repeats, sizes in turn, so that a drift of the machine hits all."""
    batches = [np.repeat(tensor[np.newaxis], size, axis=0) for size in SIZES]
    rounds = [[_seconds(run, batch) / len(batch) for batch in batches] for _ in range(repeats)]
    return [min(seconds) for seconds in zip(*rounds, strict=True)]


def _seconds(run: Callable[[np.ndarray], object], batch: np.ndarray) -> float:
    """Processor time: one thread that waits for nothing, so other programs do not disturb it."""
    started = time.thread_time()
    run(batch)
    return time.thread_time() - started


def _best(curve: Curve) -> tuple[str]:
    best = min(range(len(SIZES)), key=curve.__getitem__)
    return (f"{SIZES[best]}: {100 * curve[best] / curve[0]:.0f} % of the time of one by one",)


def _table(curves: dict[str, Curve]) -> Details:
    rows = tuple(
        (str(size), *(f"{curve[place] * MILLI:.2f} ms" for curve in curves.values()))
        for place, size in enumerate(SIZES)
    )
    return Details("Processor time per picture over the batch size, one thread", ("batch", *curves), rows)
