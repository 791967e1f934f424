"""How results of `detect` are written: for people, or as JSON or JSON lines for programs."""

from dataclasses import asdict, dataclass
from typing import Any

from image_tagger.cli.output import visible
from image_tagger.cli.reporting import Rendering
from image_tagger.cli.times import clock
from image_tagger.domain.errors import TaggerError
from image_tagger.domain.frames import EVERY_FRAME, Sampling
from image_tagger.domain.geometry import Region, Size
from image_tagger.domain.predictions import FrameResult, Prediction
from image_tagger.domain.queries import Media


@dataclass(frozen=True, slots=True)
class Detected:
    """What was found on a still, which is one frame, or in the frames of a film that were looked at.

    size: of the upright picture, in pixels. damage: why a film cannot be read to its end; empty where it can.
    """

    media: Media
    size: Size
    frames: tuple[FrameResult, ...]
    film: bool = False
    timed: bool = False  # a film whose frames have times; pages have none
    sampling: Sampling = EVERY_FRAME
    damage: str = ""


Result = Detected | TaggerError


def _lines(picture: str, found: Result) -> list[str]:
    if isinstance(found, TaggerError):
        return []
    if not found.film:
        objects = [line for frame in found.frames for line in _objects(frame, found.size)]
        return [f"{picture}: {_counted(len(objects), 'object')}", *(f"  {line}" for line in objects)]
    lines = [f"{picture}: {_counted(len(found.frames), 'frame' if found.timed else 'page')}"]
    for frame in found.frames:
        when = clock(frame.seconds) if found.timed else f"page {frame.index + 1}"
        lines += [f"  {when}  {line}" for line in _objects(frame, found.size)]
    return lines if len(lines) > 1 else [f"{lines[0]} (nothing)"]


def _counted(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _objects(frame: FrameResult, size: Size) -> list[str]:
    return [_line(one, one.region, size) for one in frame.predictions if one.region is not None]


def _line(one: Prediction, region: Region, size: Size) -> str:
    left, top, right, bottom = map(round, pixels(region, size))
    return f"{visible(one.label)} {one.score:.1%} at {left},{top} - {right},{bottom}"


def pixels(region: Region, size: Size) -> tuple[float, float, float, float]:
    """Left, top, right and bottom in pixels."""
    return region.xmin * size.width, region.ymin * size.height, region.xmax * size.width, region.ymax * size.height


def _wire(picture: str, result: Result) -> dict[str, Any]:
    if isinstance(result, TaggerError):
        return {"picture": picture, "error": str(result)}
    head = {"picture": picture, "width": result.size.width, "height": result.size.height}
    if not result.film:
        return head | {"objects": [one for frame in result.frames for one in _wire_objects(frame, result.size)]}
    frames = [
        {"frame": frame.index, "seconds": frame.seconds, "objects": _wire_objects(frame, result.size)}
        for frame in result.frames
    ]
    return head | {"frames": frames} | ({"error": result.damage} if result.damage else {})


def _wire_objects(frame: FrameResult, size: Size) -> list[dict[str, Any]]:
    return [
        {
            "label": one.label,
            "confidence": one.score,
            "region": asdict(one.region),
            "box": [round(edge, 1) for edge in pixels(one.region, size)],
        }
        for one in frame.predictions
        if one.region is not None
    ]


RENDERING: Rendering[Result] = Rendering(_lines, _wire)
