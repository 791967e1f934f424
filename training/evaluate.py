"""Measures the folder in the wheel with the product's code: `python -m training.evaluate --data DIR --photos DIR`."""

import argparse
import platform
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.specs import Resize
from image_tagger.models.preprocessing import prepare
from training import card
from training.card import Figures, PhotoResult, Score, Timing
from training.data import Photos, load, read_classes
from training.export import INTO
from training.metrics import calibration_error, confusions, hits
from training.photos import known_photos, rank_of_right, squares
from training.shipped import Shipped, enlarged, milliseconds

PAIRS = 10


def figures(shipped: Shipped, options: argparse.Namespace) -> Figures:
    """Everything that the card states, measured now."""
    classes, held_out = read_classes(options.data), load(options.data, options.work, "val")
    probabilities = shipped.probabilities(enlarged(held_out.pixels, shipped.preprocessing.size.width))
    truth = held_out.classes
    worst = confusions(probabilities.argmax(axis=1), truth, len(classes), PAIRS)
    return Figures(
        file_bytes=shipped.version.network.file.stat().st_size,
        side=shipped.preprocessing.size.width,
        held_out=_scores(probabilities, held_out, classes),
        # the even half set the temperature
        calibration_error=calibration_error(probabilities[1::2], truth[1::2]),
        photos=_photo_results(shipped, options.photos, classes),
        confusions=[(shipped.labels[c.truth], shipped.labels[c.answer], c.count) for c in worst],
        per_class=len(truth) // len(classes),
        timing=_timing(shipped, options.photos),
    )


def _scores(
    probabilities: NDArray[np.float32], held_out: Photos, classes: list[dict[str, str | int]]
) -> dict[str, Score]:
    tiny = np.array([str(row["source"]).startswith("Tiny") for row in classes])[held_out.classes]
    groups = {"all 293 classes": tiny | True, "the 200 of Tiny-ImageNet": tiny, "the 93 others": ~tiny}
    first, five = (hits(probabilities, held_out.classes, top) for top in (1, 5))
    return {name: Score(int(g.sum()), float(first[g].mean()), float(five[g].mean())) for name, g in groups.items()}


def _photo_results(shipped: Shipped, folder: Path, classes: list[dict[str, str | int]]) -> list[PhotoResult]:
    photos = known_photos(folder, classes)
    pictures = [shipped.photo(photo.file) for photo in photos]
    cropped = shipped.probabilities(squares(pictures, shipped.preprocessing))
    whole = shipped.probabilities(squares(pictures, replace(shipped.preprocessing, resize=Resize.SQUASH)))
    return [
        PhotoResult(
            file=photo.file.name,
            label=photo.label,
            answer=shipped.labels[int(crop.argmax())],
            probability=float(crop.max()),
            rank=rank_of_right(crop, photo.right),
            rank_squashed=rank_of_right(squash, photo.right),
        )
        for photo, crop, squash in zip(photos, cropped, whole, strict=True)
    ]


def _timing(shipped: Shipped, folder: Path) -> Timing:
    """A photo of 640 x 427, decoded before."""
    picture = shipped.photo(folder / "cc_rocket.jpg")
    square = prepare(picture, shipped.preprocessing)[np.newaxis]
    return Timing(
        machine=_processor(),
        prepare=milliseconds(lambda: prepare(picture, shipped.preprocessing)),
        run=milliseconds(lambda: shipped.logits(square)),
    )


def _processor() -> str:
    names = [line for line in _cpuinfo() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.machine()


def _cpuinfo() -> list[str]:
    file = Path("/proc/cpuinfo")
    return file.read_text().splitlines() if file.exists() else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with part_b.zip and classes.json")
    parser.add_argument("--photos", type=Path, required=True, help="folder with photos.json")
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="unpacked photos")
    parser.add_argument("--folder", type=Path, default=INTO, help="the model folder")
    parser.add_argument("--card", action="store_true", help="write MODEL_CARD.md with these figures")
    options = parser.parse_args()
    shipped = Shipped(options.folder)
    measured = figures(shipped, options)
    print(card.figures_text(measured))
    stated, found = shipped.about["top1"], f"{100 * measured.held_out['all 293 classes'].top1:.1f} %"
    if stated != found:
        raise SystemExit(f"model.toml states top-1 {stated}, measured {found}: export again")
    if options.card:
        (options.folder / shipped.about["card"]).write_text(card.card_text(measured))
        print(f"written: {shipped.about['card']}")


if __name__ == "__main__":
    main()
