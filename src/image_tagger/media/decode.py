"""Decoding: from the bytes of a file to upright RGB frames, within a budget."""

import io
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

import numpy as np
from PIL.ImageFile import ImageFile

from image_tagger.domain.errors import InvalidMedia, MediaTooLarge, MissingExtra
from image_tagger.domain.frames import EVERY_FRAME, EveryNth, MediaInfo, MediaKind, Sampling
from image_tagger.domain.geometry import Size, reduced_scale
from image_tagger.media import animations
from image_tagger.media.animations import Animation
from image_tagger.media.colour import to_rgb
from image_tagger.media.containers import video_container
from image_tagger.media.image import Frame, Image
from image_tagger.media.orientation import SIDEWAYS, exif_orientation, late_exif, upright
from image_tagger.media.reading import open_content
from image_tagger.media.stills import BOMBS, check_pixels, open_still, raise_ceiling

if TYPE_CHECKING:
    from image_tagger.media.video import Video

MARGIN = 2.0  # docs/formats.md states how far predictions move: about as far as saving the JPEG again at quality 80
GIBIBYTE = 1024**3
HOUR = 3600.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Budget:
    """What one file may cost.

    max_bytes: of a picture or an animation; videos have `max_video_bytes`. max_pixels: of one frame, as its header
    declares them. threads: how many may decode one video.
    """

    max_bytes: int
    max_pixels: int
    max_frames: int = 1_000_000
    max_video_bytes: int = 4 * GIBIBYTE
    max_video_seconds: float = 4 * HOUR
    threads: int = 1


class Decoder:
    """Decodes files, from any number of threads. Every method blocks.

    Unless `exact`, a picture comes reduced by 2, 4 or 8 where that leaves `margin` times the needed pixels, and a frame
    of a video by whatever leaves just that.
    """

    def __init__(self, budget: Budget, *, exact: bool = False, margin: float = MARGIN) -> None:
        self._budget = budget
        self._exact = exact
        self._margin = margin
        raise_ceiling(budget.max_pixels)

    def describe(self, content: bytes | Path) -> MediaInfo:
        """What the file holds, told by its headers. Raises InvalidMedia, MediaTooLarge or MissingExtra (videos)."""
        with open_content(content) as file:
            form = video_container(file)
            self._check_bytes(file, form)
            return self._video(content, form).describe() if form else _guarded(self._described, file)

    def frames(self, content: bytes | Path, needed: int | None, sampling: Sampling = EVERY_FRAME) -> Generator[Frame]:
        """The frames that are picked, in order, each decoded when it is asked for; closing it closes the file.

        `needed` is the number of pixels a network wants along the short side, None all there are. Raises MediaTooLarge
        beyond the budget, InvalidMedia for bytes that are no picture, both before anything is decoded where the header
        tells; TruncatedMedia after the frames before a damage; MissingExtra for a video that cannot be read here.
        """
        with closing(self.steps(content, needed, sampling)) as steps:
            for frame in steps:
                if frame is not None:
                    yield frame

    def steps(
        self, content: bytes | Path, needed: int | None, sampling: Sampling = EVERY_FRAME
    ) -> Generator[Frame | None]:
        """The same, with a None now and then on the way to a frame that is far off, so that others can have a turn."""
        with open_content(content) as file:
            form = video_container(file)
            self._check_bytes(file, form)
            if form:
                least = None if self._exact or needed is None else needed * self._margin
                yield from self._video(content, form).frames(sampling, least)
                return
            picture = _guarded(open_still, file, self._budget.max_pixels)
            if picture.format in animations.FORMATS:
                yield from self._animated(file, picture, needed, sampling)
            elif not isinstance(sampling, EveryNth) or sampling.first == 0:
                yield Frame(0, 0.0, _guarded(self._decoded, picture, needed))

    def _animated(
        self, file: IO[bytes], picture: ImageFile, needed: int | None, sampling: Sampling
    ) -> Generator[Frame | None]:
        animation = self._animation(file, picture, needed)
        with closing(animation.frames(sampling)) as steps:
            while (step := _guarded(next, steps, steps)) is not steps:
                yield step

    def _animation(self, file: IO[bytes], picture: ImageFile, needed: int | None) -> Animation:
        bounds = animations.Bounds(self._budget.max_pixels, self._budget.max_frames)
        return Animation(picture, file, bounds, lambda picture: self._decoded(picture, needed))

    def _described(self, file: IO[bytes]) -> MediaInfo:
        picture = open_still(file, self._budget.max_pixels)
        exif = (late_exif(file) if picture.format == "PNG" else b"") or picture.info.get("exif") or b""
        size = _turned(Size(*picture.size), exif_orientation(exif))
        if picture.format in animations.FORMATS:
            return self._animation(file, picture, None).describe(size)
        return MediaInfo(MediaKind.STILL, (picture.format or "").lower(), size)

    def _video(self, content: bytes | Path, form: str) -> "Video":
        try:
            from image_tagger.media.demuxing import Limits  # noqa: PLC0415 - FFmpeg is loaded when a video comes
            from image_tagger.media.video import Video  # noqa: PLC0415 - the same
        except ImportError as error:
            raise MissingExtra("videos need the extra 'video': pip install 'image-tagger[video]'") from error
        budget = self._budget
        limits = Limits(budget.max_pixels, budget.max_frames, budget.max_video_seconds, budget.threads)
        return Video(content, form, limits)

    def _check_bytes(self, file: IO[bytes], form: str | None) -> None:
        most = self._budget.max_video_bytes if form else self._budget.max_bytes
        length = file.seek(0, io.SEEK_END)
        file.seek(0)
        if length > most:
            raise MediaTooLarge(f"the file has {length} bytes; at most {most} are accepted")

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


def _guarded(step: Callable[..., T], *args: object) -> T:
    try:
        return step(*args)
    except InvalidMedia:
        raise
    except BOMBS as error:
        raise MediaTooLarge("the file holds a picture with too many pixels") from error
    except Exception as error:  # on broken bytes some forty decoders raise whatever comes, MemoryError included
        raise InvalidMedia("the file is no picture, or a broken one") from error


def _image(picture: ImageFile, stored: Size, divisor: int) -> Image:
    """The pixels of a loaded picture, averaged over squares of `divisor` pixels; `stored` is its size in the file."""
    rgb = to_rgb(picture)
    if divisor > 1:
        rgb = rgb.reduce(divisor)
    orientation = exif_orientation(picture.info.get("exif") or b"")
    return Image(np.asarray(upright(rgb, orientation)), _turned(stored, orientation))


def _turned(stored: Size, orientation: int) -> Size:
    return Size(stored.height, stored.width) if orientation in SIDEWAYS else stored
