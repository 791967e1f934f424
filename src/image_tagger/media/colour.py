"""From every colour mode a file can have to 8-bit RGB."""

from collections.abc import Generator
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import ImageCms

BACKGROUND = (255, 255, 255)  # behind transparent pixels: white, as on a page
WHITE, LEVELS = 255, 255.0
SIXTEEN_BITS = 0xFFFF
SIDE = 512  # pixels of the squares that are turned into 8 bits
TO_EIGHT_BITS: NDArray[np.uint8] = np.rint(np.arange(SIXTEEN_BITS + 1) / 257).astype(np.uint8)


def to_rgb(picture: PIL.Image.Image) -> PIL.Image.Image:
    """The loaded picture in mode RGB, transparency laid on white; the same object where it is RGB already.

    Embedded colour profiles are ignored, as they were when the usual networks were trained.
    """
    if picture.mode.startswith("I;16") or picture.mode in {"I", "F"}:
        return _eight_bits(picture).convert("RGB")
    if picture.has_transparency_data:
        return _on_background(picture)
    if picture.mode == "LAB":
        return _from_lab(picture)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _on_background(picture: PIL.Image.Image) -> PIL.Image.Image:
    if picture.mode == "La":  # Pillow has no direct way from La to RGBA
        picture = picture.convert("LA")
    cover = picture.convert("RGBA")
    page = PIL.Image.new("RGB", picture.size, BACKGROUND)
    page.paste(cover, mask=cover)
    return page


def _from_lab(picture: PIL.Image.Image) -> PIL.Image.Image:
    lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(lab, rgb, "LAB", "RGB")
    return transform.apply(picture)


def _eight_bits(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Grey of 16 bits, 32 bits or floats as 8 bits; the one grey that a PNG may call transparent as white.

    Files do not say what white is, so the range tells: whole numbers up to 65535 are 16-bit grey, floats up to 1 or up
    to 255 are fractions or 8-bit grey; anything else is stretched from its darkest to its brightest pixel.
    """
    table = picture.mode.startswith("I;16")
    tones = (0.0, 0.0) if table else _range(picture)
    table |= picture.mode == "I" and tones[0] >= 0 and tones[1] <= SIXTEEN_BITS
    lift, factor = (0.0, 0.0) if table else _stretch(picture.mode, *tones)
    clear = picture.info.get("transparency")
    eight = PIL.Image.new("L", picture.size)
    for place, values in _squares(picture):
        levels = TO_EIGHT_BITS.take(values) if table else np.rint((_plain(values) - lift) * factor).astype(np.uint8)
        if isinstance(clear, int):
            levels[values == clear] = WHITE
        eight.paste(PIL.Image.fromarray(levels), place)
    return eight


def _squares(picture: PIL.Image.Image) -> Generator[tuple[tuple[int, int], NDArray[Any]]]:
    """Places and values of parts that cover the picture: arrays of all of it would take many bytes for each pixel."""
    for top in range(0, picture.height, SIDE):
        for left in range(0, picture.width, SIDE):
            right, bottom = min(left + SIDE, picture.width), min(top + SIDE, picture.height)
            yield (left, top), np.asarray(picture.crop((left, top, right, bottom)))


def _range(picture: PIL.Image.Image) -> tuple[float, float]:
    ranges = [(float(plain.min()), float(plain.max())) for plain in (_plain(values) for _, values in _squares(picture))]
    return min(darkest for darkest, _ in ranges), max(brightest for _, brightest in ranges)


def _plain(values: NDArray[Any]) -> NDArray[np.float64]:
    """Without what is no number."""
    plain: NDArray[np.float64] = np.nan_to_num(values, posinf=0, neginf=0).astype(np.float64)
    return plain


def _stretch(mode: str, darkest: float, brightest: float) -> tuple[float, float]:
    """What is taken off a value, and by what the rest is multiplied, to come to 0..255."""
    if mode == "F" and darkest >= 0 and brightest <= LEVELS:
        return 0.0, LEVELS if brightest <= 1 else 1.0
    return darkest, LEVELS / ((brightest - darkest) or 1.0)  # one even tone has no range; it becomes black
