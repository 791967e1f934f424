"""Cuts a part out of a picture: a rectangle, a polygon on black, or what stands before a background of one colour."""

from dataclasses import dataclass

import numpy as np
import PIL.Image
import PIL.ImageDraw
from numpy.typing import NDArray

from image_tagger.domain.crops import Crop
from image_tagger.domain.geometry import Region

Pixels = NDArray[np.uint8]
NEAR = 24  # of 255, the most by which a pixel of the background may differ in any channel; JPEG's noise is below it
UNIFORM = 0.95  # of the border's pixels are near its colour where a background counts as uniform
SPECKS = 0.005  # of a row or column may differ without being foreground
WHITE = 255
SIDE = 512  # pixels of the squares that are looked at
MOST_OF_A_SIDE = 100_000  # pixels; of a longer one every second or third tells enough
Bounds = tuple[int, int, int, int]  # left, top, right, bottom in pixels


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """Pixels (height, width, 3), and which part of the whole picture they show."""

    pixels: Pixels
    region: Region


def cut(pixels: Pixels, crop: Crop) -> Cut:
    """The part of a picture, uint8 (height, width, 3), that a crop means; at least one pixel each way."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = _bounds(crop.bounds, width, height)
    part = pixels[top:bottom, left:right]
    if crop.uniform_background:
        inner = _foreground(part)
        right, bottom = left + inner[2], top + inner[3]
        left, top = left + inner[0], top + inner[1]
        part = pixels[top:bottom, left:right]
    if crop.polygon:
        corners = [(x * width - left, y * height - top) for x, y in crop.polygon]
        part = part * _inside(corners, part.shape[1], part.shape[0])
    region = Region(left / width, top / height, right / width, bottom / height)
    return Cut(np.ascontiguousarray(part), region)


def _bounds(region: Region, width: int, height: int) -> Bounds:
    left = min(round(region.xmin * width), width - 1)
    top = min(round(region.ymin * height), height - 1)
    return left, top, max(round(region.xmax * width), left + 1), max(round(region.ymax * height), top + 1)


def _inside(corners: list[tuple[float, float]], width: int, height: int) -> Pixels:
    mask = PIL.Image.new("L", (width, height), 0)
    PIL.ImageDraw.Draw(mask).polygon(corners, fill=1)
    return np.asarray(mask)[..., np.newaxis]


def _foreground(pixels: Pixels) -> Bounds:
    """What differs from the border's colour; all of it where the border has none, or where nothing differs."""
    height, width = pixels.shape[:2]
    sides = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
    border = np.concatenate([side[:: 1 + len(side) // MOST_OF_A_SIDE] for side in sides]).astype(np.int16)
    colour = np.median(border, axis=0)
    if (abs(border - colour).max(axis=1) <= NEAR).mean() < UNIFORM:
        return 0, 0, width, height
    in_rows, in_columns = _differing(pixels, colour)
    columns = np.flatnonzero(in_columns > SPECKS * height)
    rows = np.flatnonzero(in_rows > SPECKS * width)
    if not (columns.size and rows.size):
        return 0, 0, width, height
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _differing(pixels: Pixels, colour: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many pixels of each row and column are not near the colour."""
    least, most = (level.clip(0, WHITE).astype(np.uint8) for level in (np.ceil(colour - NEAR), np.floor(colour + NEAR)))
    in_rows, in_columns = np.zeros(pixels.shape[0], np.int64), np.zeros(pixels.shape[1], np.int64)
    for top in range(0, pixels.shape[0], SIDE):
        for left in range(0, pixels.shape[1], SIDE):  # arrays of the whole picture would take many bytes for each pixel
            part = pixels[top : top + SIDE, left : left + SIDE]
            red, green, blue = (
                (part[..., channel] < least[channel]) | (part[..., channel] > most[channel]) for channel in range(3)
            )
            differs = red | green | blue
            in_rows[top : top + SIDE] += differs.sum(axis=1)
            in_columns[left : left + SIDE] += differs.sum(axis=0)
    return in_rows, in_columns
