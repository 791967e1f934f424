"""Decoding: from the bytes of a file to upright RGB frames, within a budget."""

import io
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from PIL.ImageFile import ImageFile

from image_tagger.domain.errors import InvalidMedia, MediaTooLarge
from image_tagger.domain.geometry import Size, reduced_scale
from image_tagger.media.colour import to_rgb
from image_tagger.media.image import Image
from image_tagger.media.orientation import SIDEWAYS, exif_orientation, upright
from image_tagger.media.reading import open_content
from image_tagger.media.stills import BOMBS, check_pixels, open_still, raise_ceiling

MARGIN = 2.0  # docs/formats.md states how far predictions move: about as far as saving the JPEG again at quality 80


@dataclass(frozen=True, slots=True)
class Budget:
    """What one file may cost: its bytes, and the pixels of one frame as its header declares them."""

    max_bytes: int
    max_pixels: int


class Decoder:
    """Decodes files, from any number of threads.

    Unless `exact`, a picture comes reduced by 2, 4 or 8 where that leaves `margin` times the needed pixels.
    """

    def __init__(self, budget: Budget, *, exact: bool = False, margin: float = MARGIN) -> None:
        self._budget = budget
        self._exact = exact
        self._margin = margin
        raise_ceiling(budget.max_pixels)

    def frames(self, content: bytes | Path, needed: int | None) -> Generator[Image]:
        """The frames of the file, each decoded when it is asked for; of an animation only the first.

        `needed` is the number of pixels a network wants along the short side, None all there are. Blocks; closing the
        iterator closes the file. The first step raises MediaTooLarge beyond the budget, before any pixel is decoded,
        and InvalidMedia for bytes that are no picture.
        """
        with open_content(content) as file:
            yield self._still(file, needed)

    def _still(self, file: IO[bytes], needed: int | None) -> Image:
        try:
            self._check_bytes(file)
            return self._decoded(open_still(file, self._budget.max_pixels), needed)
        except InvalidMedia:
            raise
        except BOMBS as error:
            raise MediaTooLarge("the file holds a picture with too many pixels") from error
        except Exception as error:  # on broken bytes some forty decoders raise whatever comes, MemoryError included
            raise InvalidMedia("the file is no picture, or a broken one") from error

    def _check_bytes(self, file: IO[bytes]) -> None:
        length = file.seek(0, io.SEEK_END)
        file.seek(0)
        if length > self._budget.max_bytes:
            raise MediaTooLarge(f"the file has {length} bytes; at most {self._budget.max_bytes} are accepted")

    def _decoded(self, picture: ImageFile, needed: int | None) -> Image:
        declared, divisor = picture.size, self._divisor(picture, needed)
        if divisor > 1:
            picture.draft(None, (declared[0] // divisor, declared[1] // divisor))  # only JPEG can
        drafted = picture.size != declared
        picture.load()
        check_pixels(picture, self._budget.max_pixels)  # an icon shows its true size only now
        original = Size(*(declared if drafted else picture.size))
        return _image(picture, original, 1 if drafted else divisor)

    def _divisor(self, picture: ImageFile, needed: int | None) -> int:
        if self._exact or needed is None:
            return 1
        return reduced_scale(Size(*picture.size), needed, self._margin)


def _image(picture: ImageFile, stored: Size, divisor: int) -> Image:
    """The pixels of a loaded picture, averaged over squares of `divisor` pixels; `stored` is its size in the file."""
    rgb = to_rgb(picture)
    if divisor > 1:
        rgb = rgb.reduce(divisor)
    orientation = exif_orientation(picture.info.get("exif") or b"")
    original = Size(stored.height, stored.width) if orientation in SIDEWAYS else stored
    return Image(np.asarray(upright(rgb, orientation)), original)
