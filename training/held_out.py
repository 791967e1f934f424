"""Answers to the photos that no weight was fitted to: the held-out part of the data, and real photos."""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.specs import Resize
from training.data import load
from training.figures import Score
from training.metrics import hits, softmax
from training.photos import Photo, known_photos, rank_of_right, squares
from training.shipped import Shipped, enlarged

FITTED = slice(0, None, 2)  # the half of the held-out photos that set the temperature and the threshold
JUDGED = slice(1, None, 2)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Logits, float64 (count, labels), and the classes of photos."""

    logits: NDArray[np.float64]
    truth: NDArray[np.int16]

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """float64 (count, labels)."""
        return softmax(self.logits)

    @property
    def right(self) -> "HeldOut":
        """The photos whose first label is right."""
        return self.part(self.logits.argmax(axis=1) == self.truth)

    @property
    def score(self) -> Score:
        """Top-1 and top-5."""
        first, five = (float(hits(self.logits, self.truth, top).mean()) for top in (1, 5))
        return Score(len(self.truth), first, five)

    def part(self, which: slice | NDArray[np.bool_]) -> "HeldOut":
        """Some of the photos."""
        return HeldOut(self.logits[which], self.truth[which])


@dataclass(frozen=True, slots=True)
class Real:
    """The real photos of known classes, and the probabilities of their central squares and of the whole squashed."""

    photos: list[Photo]
    cropped: NDArray[np.float32]
    squashed: NDArray[np.float32]

    @property
    def score(self) -> Score:
        """Of the central squares."""
        ranks = [rank_of_right(row, photo.right) for row, photo in zip(self.cropped, self.photos, strict=True)]
        first, five = (sum(rank <= top for rank in ranks) / len(ranks) for top in (1, 5))
        return Score(len(ranks), first, five)


def held_out(shipped: Shipped, options: argparse.Namespace) -> HeldOut:
    """Every photo of the held-out part."""
    photos = load(options.data, options.work, "val")
    logits = shipped.logits(enlarged(photos.pixels, shipped.preprocessing))
    return HeldOut(logits.astype(np.float64), photos.classes)


def real(shipped: Shipped, folder: Path, classes: list[dict[str, str | int]]) -> Real:
    """Every real photo of a known class."""
    photos = known_photos(folder, classes)
    pictures = [shipped.photo(photo.file) for photo in photos]
    squash = replace(shipped.preprocessing, resize=Resize.SQUASH)
    cropped, squashed = (squares(pictures, way) for way in (shipped.preprocessing, squash))
    return Real(photos, shipped.probabilities(cropped), shipped.probabilities(squashed))
