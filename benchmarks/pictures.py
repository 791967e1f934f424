"""The pictures that are measured on: real photos where there are some, generated ones with detail elsewhere."""

import io
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageOps

SMALL_PIXELS = 400 * 500
LARGE = (4000, 3000)  # 12 megapixels
GENERATED = 24
GRAIN = 6.0  # standard deviation of a camera's noise, in 0..255
OCTAVES = (2, 4, 8, 16, 32, 64, 128)
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})


def photos(data: Path | None, most: int | None = None) -> list[PIL.Image.Image]:
    """RGB pictures: those of `data`/photos in the order of their names, else generated ones; at most `most`."""
    folder = data / "photos" if data else None
    if folder and folder.is_dir():
        files = sorted(file for file in folder.iterdir() if file.suffix in SUFFIXES)[:most]
        return [_opened(file) for file in files]
    return [_generated(seed) for seed in range(min(GENERATED, most or GENERATED))]


def small_jpeg(photo: PIL.Image.Image) -> bytes:
    """About 400 x 500 pixels, proportions kept, quality 85."""
    factor = (SMALL_PIXELS / (photo.width * photo.height)) ** 0.5
    size = (round(photo.width * factor), round(photo.height * factor))
    return _jpeg(photo.resize(size, PIL.Image.Resampling.LANCZOS), 85)


def large_jpeg(photo: PIL.Image.Image) -> bytes:
    """4000 x 3000 pixels (3000 x 4000 from an upright one) with a camera's grain, quality 90."""
    size = LARGE if photo.width >= photo.height else LARGE[::-1]
    grown = PIL.ImageOps.fit(photo, size, PIL.Image.Resampling.BICUBIC)
    return _jpeg(_with_grain(grown), 90)


def _opened(file: Path) -> PIL.Image.Image:
    with PIL.Image.open(file) as picture:
        return PIL.ImageOps.exif_transpose(picture).convert("RGB")


def _generated(seed: int) -> PIL.Image.Image:
    """Blotches of every size, the large ones strongest, as in photos."""
    random = np.random.default_rng(seed)
    total = np.full((500, 400, 3), 128, np.float32)
    for cells in OCTAVES:
        blotches = PIL.Image.fromarray(random.integers(0, 256, (cells, cells, 3), np.uint8))
        total += (np.asarray(blotches.resize((400, 500), PIL.Image.Resampling.BICUBIC)) - 128.0) / cells**0.5
    return PIL.Image.fromarray(total.clip(0, 255).astype(np.uint8))


def _with_grain(picture: PIL.Image.Image) -> PIL.Image.Image:
    random = np.random.default_rng(picture.width)
    pixels = np.array(picture, np.float32)
    pixels += random.standard_normal(pixels.shape, np.float32) * GRAIN
    return PIL.Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _jpeg(picture: PIL.Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()
