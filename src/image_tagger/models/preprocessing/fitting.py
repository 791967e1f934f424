"""Which box of a picture becomes which part of the network's rectangle: plain geometry, no pixels."""

from dataclasses import dataclass

from image_tagger.domain.geometry import Box, Size, centre_box
from image_tagger.domain.specs import Align, Preprocessing, Resize, Rounding


@dataclass(frozen=True, slots=True)
class Fit:
    """The `box` of a picture, resized to `inner`, with its corner at (left, top) of a rectangle of the size `outer`.

    Where `inner` reaches over the rectangle, it is cut off; where it does not fill it, something is added.
    """

    box: Box
    inner: Size
    left: int
    top: int
    outer: Size


def fit(size: Size, wanted: Preprocessing) -> Fit:
    """How a picture of this size enters the network."""
    match wanted.resize:
        case Resize.CROP:
            box = centre_box(size, wanted.size.width / wanted.size.height, wanted.fraction)
            return Fit(box, wanted.size, 0, 0, wanted.size)
        case Resize.SQUASH if wanted.before_crop is None:
            return Fit(_whole(size), wanted.size, 0, 0, wanted.size)
        case Resize.FILL:
            return _put(size, wanted.size, wanted.size, wanted.align)
        case Resize.NETWORK:
            square = Size(wanted.size.long_side, wanted.size.long_side)
            inner = _inside(size, square)
            return _put(size, square, _up(inner, wanted.multiple), wanted.align)
        case _:
            return _in_two_steps(size, wanted)


def needed_pixels(wanted: Preprocessing) -> int | None:
    """How many pixels along the picture's short side the network can tell apart; None: all of the picture's own.

    Where the picture is stretched or cropped, the network's long side may lie along the picture's short one.
    """
    match wanted.resize:
        case Resize.KEEP:
            return None
        case Resize.NETWORK:
            return wanted.size.long_side
        case Resize.CROP:
            return round(wanted.size.long_side / wanted.fraction)
        case Resize.SQUASH:
            return (wanted.before_crop or wanted.size).long_side
        case _:
            return (wanted.before_crop or wanted.size).short_side


def _whole(size: Size) -> Box:
    return Box(0, 0, size.width, size.height)


def _inside(size: Size, bounds: Size) -> Size:
    """The largest size of these proportions within `bounds`, in whole pixels."""
    factor = min(bounds.width / size.width, bounds.height / size.height)
    return Size(max(1, round(size.width * factor)), max(1, round(size.height * factor)))


def _up(size: Size, multiple: int) -> Size:
    return Size(-(-size.width // multiple) * multiple, -(-size.height // multiple) * multiple)


def _put(size: Size, bounds: Size, outer: Size, align: Align) -> Fit:
    inner = _inside(size, bounds)
    spare = (outer.width - inner.width, outer.height - inner.height)
    left, top = (spare[0] // 2, spare[1] // 2) if align is Align.CENTRE else (0, 0)
    return Fit(_whole(size), inner, left, top, outer)


def _in_two_steps(size: Size, wanted: Preprocessing) -> Fit:
    """Resized to whole pixels, then cropped to whole pixels: what the libraries do that networks are trained with."""
    full = _full_size(size, wanted)
    left = _margin(full.width - wanted.size.width, wanted.rounding)
    top = _margin(full.height - wanted.size.height, wanted.rounding)
    return Fit(_whole(size), full, -left, -top, wanted.size)


def _full_size(size: Size, wanted: Preprocessing) -> Size:
    """The whole picture's size before the crop."""
    target = wanted.before_crop or wanted.size
    if wanted.resize is Resize.KEEP:
        return size
    if wanted.resize is Resize.SQUASH:
        return target
    short, long = sorted((size.width, size.height))
    longer = int(target.short_side * long / short)  # multiplied first, as transformers and torchvision do
    return Size(target.short_side, longer) if size.width <= size.height else Size(longer, target.short_side)


def _margin(left_over: int, rounding: Rounding) -> int:
    """How many pixels stay outside before the box; negative where something is added."""
    if rounding is Rounding.DOWN:
        return left_over // 2
    return round(left_over / 2) if left_over >= 0 else -(-left_over // 2)
