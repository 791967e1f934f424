"""From a picture of any size to the pixels of the network's rectangle."""

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from image_tagger.domain.geometry import Size, reduced_scale
from image_tagger.domain.specs import Channels, Filter, Preprocessing, Resize
from image_tagger.models.preprocessing.fitting import Fit, needed_pixels

FILTERS = {
    Filter.NEAREST: PIL.Image.Resampling.NEAREST,
    Filter.BOX: PIL.Image.Resampling.BOX,
    Filter.BILINEAR: PIL.Image.Resampling.BILINEAR,
    Filter.HAMMING: PIL.Image.Resampling.HAMMING,
    Filter.BICUBIC: PIL.Image.Resampling.BICUBIC,
    Filter.LANCZOS: PIL.Image.Resampling.LANCZOS,
}
NARROW = 64  # a resized picture of more than this many times the tensor's pixels is never made: 1 x 10^8 would be 10^13
BLACK = (0, 0, 0)


def averaged(pixels: NDArray[np.uint8], original: Size | None, wanted: Preprocessing) -> NDArray[np.uint8]:
    """The picture, averaged over squares as the reducing gap says, unless it was decoded so; (height, width, 3).

    original: its size before it was decoded at a reduced scale, where that is known.
    """
    needed = needed_pixels(wanted)
    if not wanted.reducing_gap or needed is None:
        return pixels
    size = Size(pixels.shape[1], pixels.shape[0])
    full = original or size
    already = max(round(full.short_side / size.short_side), 1)
    divisor = reduced_scale(full, needed, wanted.reducing_gap) // already
    return pixels if divisor < 2 else np.asarray(PIL.Image.fromarray(pixels).reduce(divisor))


def resized(picture: PIL.Image.Image, fit: Fit, wanted: Preprocessing) -> NDArray[np.uint8]:
    """uint8 (height, width, channels) of the rectangle; GREY has one channel, the others are RGB still."""
    done = _fitted(picture, fit, wanted)
    if wanted.channels is Channels.GREY:
        return np.asarray(done.convert("L"))[..., np.newaxis]
    return np.asarray(done)


def _fitted(picture: PIL.Image.Image, fit: Fit, wanted: Preprocessing) -> PIL.Image.Image:
    inner, outer = fit.inner, fit.outer
    crop = (-fit.left, -fit.top, outer.width - fit.left, outer.height - fit.top)
    if inner.pixels > NARROW * outer.pixels and wanted.resize is not Resize.KEEP:
        return _cropped_while_resizing(picture, fit, crop, FILTERS[wanted.filter])
    done = picture
    if wanted.resize is not Resize.KEEP:
        edges = (fit.box.left, fit.box.top, fit.box.right, fit.box.bottom)
        done = picture.resize((inner.width, inner.height), FILTERS[wanted.filter], box=edges)
    if crop == (0, 0, inner.width, inner.height):
        return done
    if wanted.resize not in {Resize.FILL, Resize.NETWORK}:
        return done.crop(crop)
    canvas = PIL.Image.new("RGB", (outer.width, outer.height), wanted.fill)
    canvas.paste(done, (fit.left, fit.top))
    return canvas


def _cropped_while_resizing(
    picture: PIL.Image.Image, fit: Fit, crop: tuple[int, int, int, int], filter_: PIL.Image.Resampling
) -> PIL.Image.Image:
    """The same box of a picture so narrow that the whole of it would not fit into memory; equal but for rounding."""
    full, (left, top, right, bottom) = fit.inner, crop
    inside = (max(left, 0), max(top, 0), min(right, full.width), min(bottom, full.height))
    across, down = picture.width / full.width, picture.height / full.height
    box = (inside[0] * across, inside[1] * down, inside[2] * across, inside[3] * down)
    part = picture.resize((inside[2] - inside[0], inside[3] - inside[1]), filter_, box=box)
    return part.crop((left - inside[0], top - inside[1], right - inside[0], bottom - inside[1]))
