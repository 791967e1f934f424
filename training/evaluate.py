"""Measures the folders in the wheel with the product's code: `python -m training.evaluate --data DIR --photos DIR`."""

import argparse
import platform
from pathlib import Path

import numpy as np

from image_tagger.models.preprocessing.preparing import prepare
from training import card, page, strangers, unsure
from training.data import read_classes
from training.export import INTO
from training.figures import ClassResult, Figures, PhotoResult, Score, Timing, Variant
from training.folder import VARIANTS
from training.held_out import JUDGED, HeldOut, Real, held_out, real
from training.metrics import calibration_error, confusions, hardest
from training.photos import rank_of_right
from training.shipped import Shipped, milliseconds

PAIRS = 10


def figures(options: argparse.Namespace) -> Figures:
    """Everything that the card states, measured now."""
    classes = read_classes(options.data)
    networks = [Shipped(options.folder / variant.place) for variant in VARIANTS]
    everything = [(held_out(network, options), real(network, options.photos, classes)) for network in networks]
    shipped, (every, photos) = networks[0], everything[0]
    answers, names = every.logits.argmax(axis=1), shipped.labels
    return Figures(
        side=shipped.preprocessing.size.width,
        held_out=_scores(every, classes),
        variants=[_variant(network, *answered) for network, answered in zip(networks, everything, strict=True)],
        timing=_timing(shipped, options.photos),
        photos=_photo_results(shipped, photos),
        outside=strangers.outside_results(shipped, options.photos),
        unsure=strangers.measure(shipped, every, photos, options.photos),
        classes=_class_results(names, every),
        confusions=[
            (names[c.truth], names[c.answer], c.count) for c in confusions(answers, every.truth, len(names), PAIRS)
        ],
    )


def _scores(every: HeldOut, classes: list[dict[str, str | int]]) -> dict[str, Score]:
    tiny = np.array([str(row["source"]).startswith("Tiny") for row in classes])[every.truth]
    groups = {"all 293 classes": tiny | True, "the 200 of Tiny-ImageNet": tiny, "the 93 others": ~tiny}
    return {name: every.part(group).score for name, group in groups.items()}


def _variant(shipped: Shipped, every: HeldOut, photos: Real) -> Variant:
    judged, size, network = every.part(JUDGED), shipped.preprocessing.size, shipped.version.network.file
    square = np.zeros((1, size.height, size.width, 3), np.uint8)
    return Variant(
        name=shipped.version.name,
        file_bytes=network.stat().st_size,
        held_out=every.score,
        calibration_error=calibration_error(judged.probabilities, judged.truth),
        real=photos.score,
        milliseconds=milliseconds(lambda: shipped.logits(square)),
    )


def _photo_results(shipped: Shipped, photos: Real) -> list[PhotoResult]:
    results = []
    for photo, crop, squash in zip(photos.photos, photos.cropped, photos.squashed, strict=True):
        said = strangers.said(shipped, crop)
        right = [shipped.hierarchy.path(label) for label in photo.right]
        results.append(
            PhotoResult(
                file=photo.file.name,
                label=photo.label,
                answer=shipped.labels[int(crop.argmax())],
                probability=float(crop.max()),
                rank=rank_of_right(crop, photo.right),
                rank_squashed=rank_of_right(squash, photo.right),
                said=said,
                said_holds=said is not None and unsure.holds(said.path, right),
            )
        )
    return results


def _class_results(names: tuple[str, ...], every: HeldOut) -> list[ClassResult]:
    counts = np.bincount(every.truth, minlength=len(names))
    return [
        ClassResult(names[own], int(counts[own]), right, names[mistake.answer], mistake.count)
        for own, right, mistake in hardest(every.logits.argmax(axis=1), every.truth, len(names))
    ]


def _timing(shipped: Shipped, folder: Path) -> Timing:
    """A photo of 640 x 427, decoded before."""
    picture = shipped.photo(folder / "cc_rocket.jpg")
    return Timing(machine=_processor(), prepare=milliseconds(lambda: prepare(picture, shipped.preprocessing)))


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with part_b.zip and classes.json")
    parser.add_argument("--photos", type=Path, required=True, help="folder with photos.json")
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="unpacked photos")
    parser.add_argument("--folder", type=Path, default=INTO, help="the model folder")
    parser.add_argument("--card", action="store_true", help="write MODEL_CARD.md and its page with these figures")
    parser.add_argument("--page", type=Path, default=Path("docs/model-card.md"), help="the card with thumbnails")
    options = parser.parse_args()
    measured = figures(options)
    print(card.figures_text(measured))
    for variant, found in zip(VARIANTS, measured.variants, strict=True):
        stated, top1 = Shipped(options.folder / variant.place).about["top1"], f"{100 * found.held_out.top1:.1f} %"
        if stated != top1:
            raise SystemExit(f"{variant.name}: model.toml states top-1 {stated}, measured {top1}: export again")
    if options.card:
        (options.folder / "MODEL_CARD.md").write_text(card.card_text(measured), encoding="utf-8")
        page.write(options.page, measured, options.photos)
        print(f"written: MODEL_CARD.md, {options.page.name} and its pictures")


if __name__ == "__main__":
    main()
