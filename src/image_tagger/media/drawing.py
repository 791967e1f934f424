"""Boxes with their labels drawn on a picture, readable on any background."""

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from image_tagger.domain.geometry import Region
from image_tagger.domain.predictions import Prediction
from image_tagger.media.image import Image

COLOURS = (  # bright or dark enough to stand beside each other; the text on them is black or white
    (255, 87, 51), (57, 255, 20), (0, 176, 255), (255, 214, 0), (213, 0, 249), (0, 229, 190), (255, 64, 129),
    (124, 77, 255), (174, 234, 0), (255, 145, 0), (29, 78, 216), (183, 28, 28), (0, 121, 107), (245, 245, 245),
)  # fmt: skip
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
FONT_SHARE = 1 / 30  # of the picture's short side
LINE_SHARE = 1 / 220
SMALLEST_FONT, LARGEST_FONT = 11, 96  # pixels
LARGEST_SIDE = 4096  # a larger picture is drawn on at a smaller scale
QUALITY = 90

Rectangle = tuple[int, int, int, int]  # left, top, right, bottom, in pixels


@dataclass(frozen=True, slots=True)
class Style:
    """Sizes in pixels that fit a picture."""

    line: int
    halo: int
    padding: int
    font: PIL.ImageFont.FreeTypeFont | PIL.ImageFont.ImageFont

    @classmethod
    def of(cls, size: tuple[int, int]) -> "Style":
        """For a picture of this width and height."""
        short = min(size)
        points = min(max(round(short * FONT_SHARE), SMALLEST_FONT), LARGEST_FONT)
        line = max(round(short * LINE_SHARE), 2)
        return cls(line, max(line // 2, 1), max(points // 4, 2), PIL.ImageFont.load_default(points))


def drawn(image: Image, predictions: Sequence[Prediction]) -> PIL.Image.Image:
    """The picture, at most `LARGEST_SIDE` pixels each way, with the box and label of every prediction with a region.

    Labels of one region stand in one line. Better predictions are drawn over worse ones. Blocks.
    """
    picture = PIL.Image.fromarray(image.pixels)
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    canvas, style = PIL.ImageDraw.Draw(picture), Style.of(picture.size)
    boxes = _by_region(predictions)
    for region, found in reversed(boxes.items()):
        _outline(canvas, _pixels(region, picture.size), _colour(found[0]), style)
    taken: list[Rectangle] = []
    for region, found in boxes.items():
        taken.append(_write(canvas, _pixels(region, picture.size), found, (style, taken)))
    return picture


def encoded(picture: PIL.Image.Image, form: str) -> bytes:
    """The picture as a file of a Pillow format such as `JPEG`, without metadata. Blocks."""
    content = io.BytesIO()
    picture.save(content, form, quality=QUALITY, subsampling=0)  # thin coloured lines stay sharp
    return content.getvalue()


def _by_region(predictions: Sequence[Prediction]) -> dict[Region, list[Prediction]]:
    boxes: dict[Region, list[Prediction]] = {}
    for prediction in predictions:
        if prediction.region is not None:
            boxes.setdefault(prediction.region, []).append(prediction)
    return boxes


def _pixels(region: Region, size: tuple[int, int]) -> Rectangle:
    """At least one pixel each way, inside the picture."""
    left, top = (min(int(low * side), side - 1) for low, side in zip((region.xmin, region.ymin), size, strict=True))
    right, bottom = (round(high * side) for high, side in zip((region.xmax, region.ymax), size, strict=True))
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _colour(prediction: Prediction) -> tuple[int, int, int]:
    """The same for a label in every picture."""
    place = prediction.position if prediction.position >= 0 else zlib.crc32(prediction.label.encode())
    return COLOURS[place % len(COLOURS)]


def _outline(canvas: PIL.ImageDraw.ImageDraw, box: Rectangle, colour: tuple[int, int, int], style: Style) -> None:
    """A line of the colour between two of its opposite, so that it shows on its own colour, too."""
    left, top, right, bottom = box
    edge = _contrast(colour)
    for inset, width, ink in (
        (-style.halo, style.line + 2 * style.halo, edge),
        (0, style.line, colour),
    ):
        inside = min(inset, (right - left - 1) // 2, (bottom - top - 1) // 2)
        canvas.rectangle((left + inside, top + inside, right - 1 - inside, bottom - 1 - inside), None, ink, width)


def _write(
    canvas: PIL.ImageDraw.ImageDraw,
    box: Rectangle,
    found: Sequence[Prediction],
    around: tuple[Style, Sequence[Rectangle]],
) -> Rectangle:
    """The text on a plate beside the box, where no other text is if there is such a place; gives the plate."""
    style, taken = around
    room = int(canvas.im.size[0]) - 2 * style.padding
    text = _fitting(canvas, ", ".join(f"{one.label} {one.score:.0%}" for one in found), room, style)
    across, down = _extent(canvas, text, style)
    plate = _place(box, (across, down), (*canvas.im.size,), taken)
    colour = _colour(found[0])
    canvas.rectangle((*plate[:2], plate[2] - 1, plate[3] - 1), colour, _contrast(colour), style.halo)
    middle = (plate[0] + style.padding, (plate[1] + plate[3]) / 2)
    canvas.text(middle, text, _contrast(colour), style.font, anchor="lm")
    return plate


def _extent(canvas: PIL.ImageDraw.ImageDraw, text: str, style: Style) -> tuple[int, int]:
    """Width and height of a plate; the height is the same for every text."""
    across = canvas.textlength(text, style.font) + 2 * style.padding
    _, top, _, bottom = canvas.textbbox((0, 0), "Ag|", style.font)
    return int(np.ceil(across)), int(np.ceil(bottom - top)) + style.padding


def _fitting(canvas: PIL.ImageDraw.ImageDraw, text: str, room: float, style: Style) -> str:
    """The text, cut where the picture is narrower."""
    text = " ".join(text.split())[:500]
    if canvas.textlength(text, style.font) <= room:
        return text
    while text and canvas.textlength(f"{text}...", style.font) > room:
        text = text[:-1]
    return f"{text}..."


def _place(box: Rectangle, plate: tuple[int, int], size: tuple[int, ...], taken: Sequence[Rectangle]) -> Rectangle:
    """Above the box, inside at its top, below, inside at its bottom: the first where nothing else is written."""
    left, top, right, bottom = box
    across, down = plate
    columns = [left, max(right - across, 0)]
    rows = [top - down, top, bottom, bottom - down]
    places = [_clamped(column, row, plate, size) for row in rows if 0 <= row <= size[1] - down for column in columns]
    places.append(_clamped(left, top, plate, size))
    return next((place for place in places if not any(_meet(place, other) for other in taken)), places[0])


def _clamped(left: int, top: int, plate: tuple[int, int], size: tuple[int, ...]) -> Rectangle:
    left = max(min(left, size[0] - plate[0]), 0)
    top = max(min(top, size[1] - plate[1]), 0)
    return left, top, left + plate[0], top + plate[1]


def _meet(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _contrast(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """Black or white, whichever is further from the colour's luminance."""
    red, green, blue = colour
    return BLACK if 0.299 * red + 0.587 * green + 0.114 * blue > 128 else WHITE
