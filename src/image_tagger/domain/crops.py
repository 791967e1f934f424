"""Which part of a picture counts, as its sender says."""

from dataclasses import dataclass

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.geometry import Region

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Crop:
    """Part of the upright picture, in fractions of its sides, origin top-left.

    region: a rectangle. polygon: at least three corners (x, y); its bounds count, and what lies outside of it is black.
    uniform_background: what is left is cut down to what differs from a background of one colour.
    """

    region: Region | None = None
    polygon: tuple[Point, ...] = ()
    uniform_background: bool = False

    def __post_init__(self) -> None:
        if self.region is not None and self.polygon:
            raise InvalidRequest("a crop is a box or a polygon, not both")
        if self.polygon and len(self.polygon) < 3:
            raise InvalidRequest("a polygon needs at least 3 points")
        _ = self.bounds  # a polygon without an area is refused here

    @property
    def bounds(self) -> Region:
        """The rectangle that is cut out."""
        if self.region is not None:
            return self.region
        if not self.polygon:
            return Region(0.0, 0.0, 1.0, 1.0)
        xs, ys = zip(*self.polygon, strict=True)
        return Region(min(xs), min(ys), max(xs), max(ys))

    @property
    def share(self) -> float:
        """The smaller of the fractions of width and height that are cut out, above 0."""
        bounds = self.bounds
        return min(bounds.xmax - bounds.xmin, bounds.ymax - bounds.ymin)
