"""From every colour mode a file can have to 8-bit RGB."""

from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import ImageCms

BACKGROUND = (255, 255, 255)  # behind transparent pixels: white, as on a page
SIXTEEN_BITS = 0xFFFF
TO_EIGHT_BITS: NDArray[np.uint8] = np.rint(np.arange(SIXTEEN_BITS + 1) / 257).astype(np.uint8)


def to_rgb(picture: PIL.Image.Image) -> PIL.Image.Image:
    """The loaded picture in mode RGB, transparency laid on white; the same object where it is RGB already.

    Embedded colour profiles are ignored, as they were when the usual networks were trained.
    """
    if picture.mode.startswith("I;16") or picture.mode in {"I", "F"}:
        return PIL.Image.fromarray(_eight_bits(np.asarray(picture))).convert("RGB")
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


def _eight_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Grey of 16 bits, 32 bits or floats, (height, width), as 8 bits.

    Files do not say what white is, so the range tells: whole numbers up to 65535 are 16-bit grey, floats up to 1 or up
    to 255 are fractions or 8-bit grey; anything else is stretched from its darkest to its brightest pixel.
    """
    if values.dtype.kind == "f":
        return _from_floats(np.nan_to_num(values, posinf=0, neginf=0).astype(np.float64))
    if values.min() >= 0 and values.max() <= SIXTEEN_BITS:
        return TO_EIGHT_BITS.take(values)
    return _stretched(values.astype(np.float64))


def _from_floats(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    if values.min() < 0 or values.max() > 255:
        return _stretched(values)
    return _rounded(values * 255 if values.max() <= 1 else values)


def _stretched(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    darkest, brightest = values.min(), values.max()
    span = (brightest - darkest) or 1.0  # one even tone has no range; it becomes black
    return _rounded((values - darkest) * (255 / span))


def _rounded(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    rounded: NDArray[np.uint8] = np.rint(values).astype(np.uint8)
    return rounded
