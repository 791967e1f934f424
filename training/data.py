"""Training photos: unpacks the AVIF sheets of the data folder once, into arrays that are memory-mapped afterwards.

`python -m training.data --data DIR --work DIR` unpacks what is there, for a machine that gets one zip at a time.
"""

import argparse
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

TILE = 64  # pixels, side of one photo
ACROSS = 16  # photos in one row of a sheet
PARTS = {"train_a": "part_a.zip", "train_b": "part_b.zip", "val": "part_b.zip"}


@dataclass(frozen=True, slots=True)
class Photos:
    """Photos and their classes.

    pixels: uint8, (count, 64, 64, 3), RGB. classes: int16, (count,), index into the class list.
    """

    pixels: NDArray[np.uint8]
    classes: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.classes)


def read_classes(data: Path) -> list[dict[str, str | int]]:
    """The class list in index order: wnid, imagenet_index, label, synonyms, counts."""
    classes: list[dict[str, str | int]] = json.loads((data / "classes.json").read_text())
    return classes


def load(data: Path, work: Path, part: str) -> Photos:
    """One part (`train_a`, `train_b` or `val`), unpacked into `work` at the first call."""
    pixels, classes = work / f"{part}_x.npy", work / f"{part}_y.npy"
    if not classes.exists():
        work.mkdir(parents=True, exist_ok=True)
        photos = _unpack(data / PARTS[part], part)
        np.save(pixels, photos.pixels)
        np.save(classes, photos.classes)  # written last: its presence says that both are whole
    return Photos(np.load(pixels, mmap_mode="r"), np.load(classes))


def load_training(data: Path, work: Path) -> Photos:
    """Both training parts as one, in memory (1.9 GB)."""
    parts = [load(data, work, "train_a"), load(data, work, "train_b")]
    return Photos(np.concatenate([p.pixels for p in parts]), np.concatenate([p.classes for p in parts]))


def _unpack(archive_path: Path, part: str) -> Photos:
    with zipfile.ZipFile(archive_path) as archive:
        classes = np.load(io.BytesIO(archive.read(f"{part}/labels.npy")))
        sheets = sorted(n for n in archive.namelist() if n.startswith(f"{part}/") and n.endswith(".avif"))
        tiles = [_tiles(archive.read(sheet)) for sheet in sheets]
    return Photos(np.concatenate(tiles)[: len(classes)], classes)


def _tiles(sheet: bytes) -> NDArray[np.uint8]:
    pixels = np.asarray(Image.open(io.BytesIO(sheet)).convert("RGB"))
    rows = pixels.shape[0] // TILE
    return pixels.reshape(rows, TILE, ACROSS, TILE, 3).swapaxes(1, 2).reshape(-1, TILE, TILE, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with part_a.zip or part_b.zip, or both")
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="where the photos are unpacked")
    options = parser.parse_args()
    for part, archive in PARTS.items():
        if (options.data / archive).exists():
            print(f"{part}: {len(load(options.data, options.work, part)):,} photos")


if __name__ == "__main__":
    main()
