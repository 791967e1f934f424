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
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]).astype(np.int16)
    colour = np.median(border, axis=0)
    if (abs(border - colour).max(axis=1) <= NEAR).mean() < UNIFORM:
        return 0, 0, width, height
    differs = abs(pixels.astype(np.int16) - colour).max(axis=2) > NEAR
    columns = np.flatnonzero(differs.mean(axis=0) > SPECKS)
    rows = np.flatnonzero(differs.mean(axis=1) > SPECKS)
    if not (columns.size and rows.size):
        return 0, 0, width, height
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
