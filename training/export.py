"""From checkpoint to the folders in the wheel: `python -m training.export --data DIR --work DIR`."""

import argparse
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from image_tagger.domain.hierarchy import Hierarchy
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.specs import Preprocessing
from training import folder, graph
from training import hierarchy as groups
from training.data import load, read_classes
from training.metrics import calibration_error, fit_temperature, hits, softmax
from training.recipe import RECIPES
from training.rounding import rounded
from training.served import Served, load_network
from training.shipped import FILTER, GraphFile, bytes_of, enlarged
from training.unsure import fit_sure

INTO = Path("src/image_tagger/models/embedded")
CALIBRATION_PHOTOS = 1024


@dataclass(frozen=True, slots=True)
class Sample:
    """Photos as the network sees them, and their classes."""

    squares: NDArray[np.uint8]
    truth: NDArray[np.int16]


def validation(options: argparse.Namespace, preprocessing: Preprocessing) -> Sample:
    """The held-out photos."""
    photos = load(options.data, options.work, "val")
    return Sample(enlarged(photos.pixels, preprocessing), photos.classes)


def calibration_squares(options: argparse.Namespace, preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """Training photos that measure the ranges of the activations: an even sample of both parts, so of all classes."""
    parts = [load(options.data, options.work, name).pixels for name in ("train_a", "train_b")]
    half = CALIBRATION_PHOTOS // 2
    return enlarged(np.concatenate([part[:: len(part) // half][:half] for part in parts]), preprocessing)


def write_networks(served: Served, squares: NDArray[np.uint8], work: Path) -> None:
    """Every variant, with weights rounded so that the errors cancel out; float.onnx, before that, stays beside them."""
    exact = work / "float.onnx"
    graph.write_float(served, squares.shape[1], exact)
    with torch.no_grad():
        expected = served.expected(torch.from_numpy(squares[:64])).numpy()
    difference = np.abs(GraphFile(exact).logits(squares[:64]) - expected).max()
    print(f"ONNX float32 against torch: logits to {np.abs(expected).max():.3g} differ by at most {difference:.2g}")
    made = rounded(served, torch.from_numpy(squares))
    source = work / "rounded.onnx"
    graph.write_float(made.served, squares.shape[1], source)
    for variant in folder.VARIANTS:
        if variant.form == "narrow":
            graph.write_narrow(source, work / variant.file, made.steps)
        else:
            graph.write_int8(source, squares, work / variant.file, made.steps)


def calibrate(file: Path, sample: Sample) -> NDArray[np.float64]:
    """Fold into the head the temperature that fits half of the photos; answers the logits that the file gives now."""
    scores = GraphFile(file).logits(sample.squares).astype(np.float64)
    temperature = fit_temperature(scores[::2], sample.truth[::2])
    graph.scale_head(file, 1 / temperature)
    scaled = GraphFile(file).logits(sample.squares).astype(np.float64)
    before, after = (calibration_error(softmax(s[1::2]), sample.truth[1::2]) for s in (scores, scaled))
    print(f"temperature {temperature:.3f}: calibration error {before:.4f} -> {after:.4f} (15 bins, other half)")
    return scaled


def facts(
    scores: NDArray[np.float64], sample: Sample, preprocessing: Preprocessing, hierarchy: Hierarchy
) -> folder.Facts:
    """Accuracy on all held-out photos, and the threshold that fits the half that the temperature fits."""
    top1, top5 = (100 * float(hits(scores, sample.truth, top).mean()) for top in (1, 5))
    sure = fit_sure(hierarchy, softmax(scores[::2]), sample.truth[::2])
    print(f"held out top-1 {top1:.1f} %, top-5 {top5:.1f} %, sure {sure:.2f}")
    return folder.Facts(preprocessing, top1, top5, sure)


def export(options: argparse.Namespace) -> None:
    classes, recipe = read_classes(options.data), RECIPES[options.recipe]
    preprocessing = bytes_of(options.side, options.filter, shown=recipe.shown)
    network, step = load_network(options.work / f"{options.recipe}.pt", recipe, len(classes))
    print(f"checkpoint after {step} steps")
    pictures = folder.new_pictures(options.photos) if options.photos else folder.old_pictures(options.into)
    sample = validation(options, preprocessing)
    write_networks(Served(network), calibration_squares(options, preprocessing), options.work)
    for variant in folder.VARIANTS:
        made, into = options.work / variant.file, options.into / variant.place
        into.mkdir(parents=True, exist_ok=True)
        hierarchy = write_words(into, classes, options.wordnet)
        print(f"{variant.name}: {made.stat().st_size:,} bytes")
        scores = calibrate(made, sample)
        (into / variant.file).write_bytes(made.read_bytes())
        folder.write_manifest(into, variant, facts(scores, sample, preprocessing, hierarchy))
        folder.write_golden(into, pictures)
    print("written: networks, labels, groups, model.toml, golden answers; next: python -m training.evaluate --card")


def write_words(into: Path, classes: list[dict[str, str | int]], wordnet: Path) -> Hierarchy:
    """The labels and their groups, as files and as the value that the product makes of them."""
    folder.write_labels(into, classes)
    groups.write(into, classes, wordnet)
    labels = LabelSet(tuple(str(row["label"]) for row in classes))
    return Hierarchy.of_groups(labels, (into / groups.NAME).read_text(encoding="utf-8").splitlines())


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
    parser.add_argument("--wordnet", type=Path, default=groups.WORDNET, help="data.noun of WordNet 3.0")
    parser.add_argument("--side", type=int, default=96, help="pixels, of the network's input")
    parser.add_argument(
        "--filter", choices=("box", "bilinear", "hamming", "bicubic"), default=FILTER, help="of the product's resizing"
    )
    export(parser.parse_args())


if __name__ == "__main__":
    main()
