"""Sizes, boxes, regions and reduced scales; origin top-left."""

from dataclasses import dataclass

from image_tagger.domain.errors import InvalidRequest

SCALES = (8, 4, 2)  # divisors at which a JPEG can be decoded directly, smallest picture first


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels, both at least 1."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise InvalidRequest("a size needs at least one pixel each way")

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    @property
    def short_side(self) -> int:
        """The smaller of width and height."""
        return min(self.width, self.height)

    @property
    def long_side(self) -> int:
        """The larger of width and height."""
        return max(self.width, self.height)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels, edges between pixels, so fractions are allowed: left < right, top < bottom."""

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right and 0 <= self.top < self.bottom):
            raise InvalidRequest("a box needs 0 <= left < right and 0 <= top < bottom")


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle in fractions of the whole upright picture: 0 <= min < max <= 1 on both axes."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float

    def __post_init__(self) -> None:
        if not (0 <= self.xmin < self.xmax <= 1 and 0 <= self.ymin < self.ymax <= 1):
            raise InvalidRequest("a region needs 0 <= min < max <= 1 on both axes")


def centre_box(size: Size, aspect: float, fraction: float) -> Box:
    """The largest centred box of this aspect (width / height), shrunk to `fraction` (0..1, not 0) of its sides."""
    if not (aspect > 0 and 0 < fraction <= 1):
        raise InvalidRequest("a centred box needs aspect > 0 and 0 < fraction <= 1")
    width = min(size.width, size.height * aspect) * fraction
    height = min(size.height, size.width / aspect) * fraction
    left, top = (size.width - width) / 2, (size.height - height) / 2
    return Box(left, top, min(left + width, size.width), min(top + height, size.height))


def reduced_scale(size: Size, needed: int, margin: float) -> int:
    """The largest divisor (8, 4, 2 or 1) that leaves the short side at least `margin` times the `needed` pixels."""
    for divisor in SCALES:
        if size.short_side / divisor >= needed * margin:
            return divisor
    return 1
