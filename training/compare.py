"""Compares what could ship: forms of the file, input sides, ways to shrink; `python -m training.compare --data DIR`."""

import argparse
import logging
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from image_tagger.domain.specs import Preprocessing, Resize
from image_tagger.media.decode import Decoder
from training import graph
from training.augment import normalise
from training.data import load, read_classes
from training.export import Sample, arguments, calibration_squares, validation
from training.metrics import hits, loss
from training.photos import Photo, known_photos, rank_of_right, squares
from training.recipe import RECIPES
from training.rounding import rounded
from training.served import Served, load_network
from training.shipped import GENEROUS, GraphFile, bytes_of, enlarged, milliseconds

SIDES = (64, 72, 80, 96)
FORMS = ("float32", "narrow", "nearest", "int8")
TRAINED_AT = 64


@dataclass(frozen=True, slots=True)
class Candidate:
    """One file that could ship."""

    form: str
    side: int
    file: GraphFile


def candidates(served: Served, options: argparse.Namespace) -> list[Candidate]:
    """Every form at every side, written into the work folder."""
    made = []
    for side in SIDES:
        files = {form: options.work / f"compare_{form}_{side}.onnx" for form in FORMS}
        photos = calibration_squares(options, bytes_of(side))
        graph.write_float(served, side, files["float32"])
        graph.write_int8(files["float32"], photos, files["nearest"])  # int8, each weight to the nearest step
        found = rounded(served, torch.from_numpy(photos))
        source = options.work / f"compare_rounded_{side}.onnx"
        graph.write_float(found.served, side, source)
        graph.write_narrow(source, files["narrow"], found.steps)
        graph.write_int8(source, photos, files["int8"], found.steps)
        made += [Candidate(form, side, GraphFile(file)) for form, file in files.items()]
    return made


def compare_forms(made: list[Candidate], options: argparse.Namespace) -> None:
    print("\n| form | side | bytes | top-1 | top-5 | loss | ms, one thread |\n|---|---|---|---|---|---|---|")
    for candidate in made:
        sample = _part(validation(options, bytes_of(candidate.side)), options.held_out)
        scores = candidate.file.logits(sample.squares)
        size, time = candidate.file.path.stat().st_size, _time(candidate, sample)
        print(f"| {candidate.form} | {candidate.side} | {size:,} | {_quality(scores, sample)} | {time:.2f} |")


def compare_borders(served: Served, options: argparse.Namespace) -> None:
    """What the grey padding costs against the padding that the network was trained with (torch, float32)."""
    print("\n| padding | side | top-1 | top-5 | loss |\n|---|---|---|---|---|")
    for side in (TRAINED_AT, 80):
        sample = _part(validation(options, bytes_of(side)), options.held_out)
        batches = torch.from_numpy(sample.squares).split(200)
        with torch.no_grad():
            trained = torch.cat([served.trained(normalise(batch)) for batch in batches]).numpy()
            grey = torch.cat([served(batch) for batch in batches]).numpy()
        print(f"| as trained | {side} | {_quality(trained, sample)} |\n| grey | {side} | {_quality(grey, sample)} |")


def compare_shrinking(made: list[Candidate], options: argparse.Namespace) -> None:
    """Real photos: straight to the side, or to the side of training and from there up (what `val` has gone through)."""
    photos = known_photos(options.photos, read_classes(options.data))
    decoder = Decoder(GENEROUS, exact=True)
    pictures = [next(decoder.frames(photo.file, None)).image.pixels for photo in photos]
    print(f"\n| {len(photos)} real photos, int8 | filter | side | top-1 | top-5 | loss |\n|---|---|---|---|---|---|")
    for candidate in (c for c in made if c.form == "int8"):
        for name in ("box", "bilinear"):
            for way, shrunk in _ways(pictures, candidate.side, name).items():
                result = _ranks(candidate.file.logits(shrunk), photos)
                print(f"| {way} | {name} | {candidate.side} | {result} |")


def _ways(pictures: list[NDArray[np.uint8]], side: int, name: str) -> dict[str, NDArray[np.uint8]]:
    straight: Preprocessing = bytes_of(side, name)
    first = squares(pictures, bytes_of(TRAINED_AT, name))
    return {
        "straight": squares(pictures, straight),
        f"through {TRAINED_AT}": enlarged(first, bytes_of(side)),
        "straight, squashed": squares(pictures, replace(straight, resize=Resize.SQUASH)),
    }


def _ranks(scores: NDArray[np.float32], photos: list[Photo]) -> str:
    ranks = np.array([rank_of_right(row, photo.right) for row, photo in zip(scores, photos, strict=True)])
    first = np.array([photo.right[0] for photo in photos])
    return f"{(ranks <= 1).sum()} | {(ranks <= 5).sum()} | {loss(scores, first):.3f}"


def _quality(scores: NDArray[np.float32], sample: Sample) -> str:
    top1, top5 = (100 * hits(scores, sample.truth, top).mean() for top in (1, 5))
    return f"{top1:.2f} % | {top5:.2f} % | {loss(scores, sample.truth):.4f}"


def _part(sample: Sample, most: int) -> Sample:
    return Sample(sample.squares[:most], sample.truth[:most])


def _time(candidate: Candidate, sample: Sample) -> float:
    return milliseconds(lambda: candidate.file.logits(sample.squares[:1]))


def main() -> None:
    logging.disable(logging.WARNING)  # as in training.export
    parser = arguments(__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder with photos.json")
    parser.add_argument("--held-out", type=int, default=14_650, help="photos to judge by")
    options = parser.parse_args()
    classes, checkpoint = read_classes(options.data), options.work / f"{options.recipe}.pt"
    network, step = load_network(checkpoint, RECIPES[options.recipe], len(classes))
    load(options.data, options.work, "val")  # unpack now rather than between two timings
    print(f"checkpoint after {step} steps")
    made = candidates(Served(network), options)
    compare_forms(made, options)
    compare_borders(Served(network), options)
    compare_shrinking(made, options)


if __name__ == "__main__":
    main()
