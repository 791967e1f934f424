"""Pictures outside the labels of the embedded network: real photos, and drawn ones of nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

SIZE = (256, 192)  # width, height of a drawn picture
EACH = 50  # drawn pictures of each kind
SEED = 20261121
WORDS = ("invoice", "total", "Tuesday", "please", "return", "chapter", "north", "4711", "price", "yours", "page")

# Seen by eye: the innermost group that holds for the photo, or nothing. The other photos without a label among the
# classes show one nevertheless: a tabby, a beacon, a refrigerator, a dining table, a stage.
PHOTOS = {
    "cc_chickadee.bmp": "animal > bird",
    "cc_macaw.jpg": "animal > bird",
    "cc_sunflower.jpg": "plant",
    "cc_owl.jpg": "animal > bird",
    "cc_pets.jpg": "animal > dog",
    "cc_faces.jpg": "",
    "in_126_isopod.jpg": "animal > crustacean",
    "in_363_armadillo.jpg": "animal",
    "in_379_howler_monkey.jpg": "animal > primate",
    "in_575_golfcart.jpg": "vehicle > car",
    "in_585_hair_spray.jpg": "cosmetic",
    "in_589_hand_blower.jpg": "device > household appliance",
    "in_805_soccer_ball.jpg": "sports equipment > ball",
    "coco_000000000785.jpg": "sports equipment",
    "coco_000000003156.jpg": "",
    "coco_000000004395.jpg": "clothing",
    "coco_000000004495.jpg": "furnishing > furniture",
    "coco_000000004765.jpg": "sports equipment",
    "coco_000000008532.jpg": "clothing",
    "coco_000000011051.jpg": "clothing",
    "coco_000000012280.jpg": "structure > building",
    "coco_000000012748.jpg": "animal > hoofed animal",
    "coco_000000013201.jpg": "sports equipment",
}


@dataclass(frozen=True, slots=True)
class Outside:
    """A real photo outside the labels, and the path of the groups that hold for it, from the outermost."""

    file: Path
    groups: tuple[str, ...]


def real_photos(folder: Path) -> list[Outside]:
    """The photos of PHOTOS in a folder."""
    return [Outside(folder / name, tuple(path.split(" > ")) if path else ()) for name, path in PHOTOS.items()]


def drawn() -> dict[str, list[NDArray[np.uint8]]]:
    """EACH pictures of each kind, uint8 (192, 256, 3); the same at every call."""
    kinds: dict[str, Callable[[np.random.Generator], NDArray[np.uint8]]] = {
        "one colour": _flat,
        "soft colours": _soft,
        "noise": _noise,
        "text": _text,
    }
    return {kind: list(_several(draw)) for kind, draw in kinds.items()}


def _several(draw: Callable[[np.random.Generator], NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    generator = np.random.default_rng(SEED)
    for _ in range(EACH):
        yield draw(generator)


def _flat(generator: np.random.Generator) -> NDArray[np.uint8]:
    return np.broadcast_to(generator.integers(0, 256, 3, np.uint8), (SIZE[1], SIZE[0], 3)).copy()


def _soft(generator: np.random.Generator) -> NDArray[np.uint8]:
    """A few random colours that run into each other."""
    few = Image.fromarray(generator.integers(0, 256, (3, 4, 3), np.uint8))
    return np.asarray(few.resize(SIZE, Image.Resampling.BICUBIC))


def _noise(generator: np.random.Generator) -> NDArray[np.uint8]:
    """Every pixel of its own, in blocks of up to 8 x 8 that survive the shrinking."""
    block = int(generator.choice((1, 4, 8)))
    pixels = generator.integers(0, 256, (SIZE[1] // block, SIZE[0] // block, 3), np.uint8)
    return pixels.repeat(block, axis=0).repeat(block, axis=1)


def _text(generator: np.random.Generator) -> NDArray[np.uint8]:
    """A light page with dark lines of words."""
    picture = Image.new("RGB", SIZE, tuple(generator.integers(220, 256, 3).tolist()))
    height = int(generator.integers(12, 40))
    canvas, font = ImageDraw.Draw(picture), ImageFont.load_default(height)
    for top in range(6, SIZE[1], height + 4):
        canvas.text((6, top), " ".join(generator.choice(WORDS, 8)), fill=(20, 20, 30), font=font)
    return np.asarray(picture)
