"""Real photos with labels, which no network here was trained on: the folder of `photos.json`."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.specs import Preprocessing
from image_tagger.models.preprocessing.preparing import prepare


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo: its file, its label, and the classes that are right for it (cats are often several at once)."""

    file: Path
    label: str
    right: tuple[int, ...]


def known_photos(folder: Path, classes: list[dict[str, str | int]]) -> list[Photo]:
    """The photos whose label is among the classes, in the order of the index file."""
    rows = json.loads((folder / "photos.json").read_text())
    rows = rows["photos"] if isinstance(rows, dict) else rows
    return [_photo(folder, row, classes) for row in rows if row.get("in_union293")]


def squares(pictures: list[NDArray[np.uint8]], preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """Pictures of any sizes -> uint8 (count, side, side, 3)."""
    return np.stack([prepare(picture, preprocessing) for picture in pictures])


def rank_of_right(scores: NDArray[np.floating], right: tuple[int, ...]) -> int:
    """Scores (classes,) -> the place of the best right class, from 1."""
    return int((scores > scores[list(right)].max()).sum()) + 1


def _photo(folder: Path, row: dict[str, object], classes: list[dict[str, str | int]]) -> Photo:
    names = row.get("acceptable_labels") or [row["label"]]
    right = tuple(int(c["index"]) for c in classes if c["synonyms"] in names or c["wnid"] == row["wnid"])
    return Photo(folder / str(row["file"]), str(row["label"]).partition(",")[0], right)
