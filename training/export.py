"""From checkpoint to the folder in the wheel: `python -m training.export --data DIR --work DIR`."""

import argparse
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from training import folder, graph
from training.data import load, read_classes
from training.metrics import calibration_error, fit_temperature, hits, softmax
from training.recipe import RECIPES
from training.served import Served, load_network
from training.shipped import GraphFile, bytes_of, enlarged

INTO = Path("src/image_tagger/models/embedded")
CALIBRATION_PHOTOS = 512
FORMS = ("int8", "half")


@dataclass(frozen=True, slots=True)
class Sample:
    """Photos as the network sees them, and their classes."""

    squares: NDArray[np.uint8]
    truth: NDArray[np.int16]


def validation(options: argparse.Namespace, side: int) -> Sample:
    """The held-out photos."""
    photos = load(options.data, options.work, "val")
    return Sample(enlarged(photos.pixels, side), photos.classes)


def calibration_squares(options: argparse.Namespace, side: int) -> NDArray[np.uint8]:
    """Training photos that measure the ranges of the activations: an even sample of both parts, so of all classes."""
    parts = [load(options.data, options.work, name).pixels for name in ("train_a", "train_b")]
    half = CALIBRATION_PHOTOS // 2
    return enlarged(np.concatenate([part[:: len(part) // half][:half] for part in parts]), side)


def write_network(served: Served, squares: NDArray[np.uint8], form: str, file: Path) -> None:
    """The network in one of FORMS; the float32 file it is made from stays beside it."""
    exact = file.with_name("float.onnx")
    graph.write_float(served, squares.shape[1], exact)
    with torch.no_grad():
        expected = served.expected(torch.from_numpy(squares[:64])).numpy()
    difference = np.abs(GraphFile(exact).logits(squares[:64]) - expected).max()
    print(f"ONNX float32 against torch: logits to {np.abs(expected).max():.3g} differ by at most {difference:.2g}")
    if form == "half":
        graph.write_half(exact, file)
    else:
        graph.write_int8(exact, squares, file)


def calibrate(file: Path, sample: Sample) -> None:
    """Fold into the head the temperature that fits one half of the photos; say what it does to the other half."""
    scores = GraphFile(file).logits(sample.squares)
    temperature = fit_temperature(scores[::2], sample.truth[::2])
    graph.scale_head(file, 1 / temperature)
    scores, truth = scores[1::2], sample.truth[1::2]
    before, after = (calibration_error(softmax(scores / t), truth) for t in (1, temperature))
    print(f"temperature {temperature:.3f}: calibration error {before:.4f} -> {after:.4f} (15 bins, other half)")


def held_out(file: Path, sample: Sample) -> tuple[float, float]:
    """Top-1 and top-5 accuracy in percent."""
    scores = GraphFile(file).logits(sample.squares)
    top1, top5 = (100 * float(hits(scores, sample.truth, top).mean()) for top in (1, 5))
    print(f"held out: top-1 {top1:.1f} %, top-5 {top5:.1f} %, {file.stat().st_size:,} bytes")
    return top1, top5


def export(options: argparse.Namespace) -> None:
    classes, preprocessing = read_classes(options.data), bytes_of(options.side, options.filter)
    network, step = load_network(options.work / f"{options.recipe}.pt", RECIPES[options.recipe], len(classes))
    print(f"checkpoint after {step} steps")
    made, sample = options.work / folder.NETWORK, validation(options, options.side)
    write_network(Served(network), calibration_squares(options, options.side), options.form, made)
    calibrate(made, sample)
    facts = folder.Facts(preprocessing, *held_out(made, sample))
    options.into.mkdir(parents=True, exist_ok=True)
    (options.into / folder.NETWORK).write_bytes(made.read_bytes())
    folder.write_labels(options.into, classes)
    folder.write_manifest(options.into, facts)
    folder.write_golden(options.into, options.photos)
    print("written: network, labels, model.toml, golden answers; next: python -m training.evaluate --card")


def arguments(description: str | None) -> argparse.ArgumentParser:
    """Where everything lies, for the programs that read a checkpoint."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True, help="folder with part_a.zip, part_b.zip, classes.json")
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="unpacked photos and checkpoints")
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="starter")
    return parser


def main() -> None:
    logging.disable(logging.WARNING)  # the exporters warn of what does not apply: torchvision, unfolded normalisations
    parser = arguments(__doc__)
    parser.add_argument("--into", type=Path, default=INTO, help="the model folder")
    parser.add_argument("--photos", type=Path, help="folder of cc_* photos: draw the golden pictures anew")
    parser.add_argument("--form", choices=FORMS, default="int8")
    parser.add_argument("--side", type=int, default=64, help="pixels, of the network's input")
    parser.add_argument("--filter", choices=("box", "bilinear"), default="box", help="of the product's resizing")
    export(parser.parse_args())


if __name__ == "__main__":
    main()
