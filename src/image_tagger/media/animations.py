"""Pictures of several frames that Pillow reads: GIF, animated WebP and AVIF, APNG, and the pages of a TIFF."""

import struct
from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import count, islice
from typing import IO, ParamSpec, TypeVar

from PIL.ImageFile import ImageFile

from image_tagger.domain.errors import InvalidMedia, MediaTooLarge, TruncatedMedia
from image_tagger.domain.frames import EVERY_FRAME, Evenly, MediaInfo, MediaKind, PerSecond, Sampling, SceneCuts
from image_tagger.domain.geometry import Size
from image_tagger.media.durations import frame_durations, seconds_shown
from image_tagger.media.headers import check_pages
from image_tagger.media.image import Frame, Image
from image_tagger.media.picking import Cuts, Pick, picker
from image_tagger.media.stills import check_pixels

FORMATS = frozenset({"GIF", "PNG", "WEBP", "AVIF", "TIFF"})
PAGES = "TIFF"  # pages have no time, and none is drawn over the one before
COUNTED = frozenset({"PNG", "WEBP", "AVIF"})  # say in front how many frames there are
PICTURES = 50  # all frames together may have so many times the pixels that one picture may have
MOST_PAGES = 10_000  # Pillow searches all it has seen for each new one

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most pixels of one frame, and the most frames."""

    pixels: int
    frames: int


@dataclass(frozen=True, slots=True)
class Animation:
    """An opened picture that may have more frames, the file it is read from, and how the loaded frame is shown."""

    picture: ImageFile
    file: IO[bytes]
    bounds: Bounds
    show: Callable[[ImageFile], Image]

    def describe(self, size: Size) -> MediaInfo:
        """What the file says; `size` is how large a frame is when it is upright."""
        durations, frames, form = self._durations(), self._count(), self._form.lower()
        if frames == 1:
            return MediaInfo(MediaKind.STILL, form, size)
        return MediaInfo(MediaKind.ANIMATION, form, size, frames, sum(durations) if durations else None)

    def frames(self, sampling: Sampling) -> Generator[Frame | None]:
        """The frames that are picked, and None for each that is not; the first one costs no look at the others.

        Raises InvalidMedia where the first frame is broken, TruncatedMedia after the good ones, MediaTooLarge.
        """
        pick = self._picker(sampling)
        cuts = Cuts(sampling.threshold) if isinstance(sampling, SceneCuts) else None
        for index, start, end in self._played():
            if not pick(index, start, end):
                yield None
                continue
            image = _attempt(index, self.show, self.picture)
            yield Frame(index, start, image) if cuts is None or cuts.begins(image) else None

    def _picker(self, sampling: Sampling) -> Pick:
        if isinstance(sampling, PerSecond) and self._form == PAGES:
            sampling = EVERY_FRAME
        if not isinstance(sampling, Evenly):
            return picker(sampling, 0.0)
        if durations := self._durations():
            return picker(sampling, sum(durations))
        pick = picker(sampling, self._count())  # without times, each frame counts the same
        return lambda index, _start, _end: pick(index, index, index + 1)

    def _played(self) -> Generator[tuple[int, float, float]]:
        """Number, beginning and end of each frame, which is loaded at that moment; pages stay to be loaded."""
        start, pixels = 0.0, 0
        pages = self._checked_pages()
        for index in count():
            if index + self._hidden and not _attempt(index, self._moved, index, pages):
                return
            pixels += self.picture.width * self.picture.height
            if index >= self.bounds.frames or pixels > self.bounds.pixels * PICTURES:
                raise MediaTooLarge("the file holds too many frames, or too many pixels in all of them")
            if self._form == PAGES:
                yield index, 0.0, 0.0
                continue
            _attempt(index, self.picture.load)
            end = start + seconds_shown(self.picture.info.get("duration") or 0)
            yield index, start, end
            start = end

    def _moved(self, index: int, pages: Generator[None] | None) -> bool:
        """Go on to this frame; False where there is none."""
        if self._form in COUNTED and index >= self._count():
            return False
        if pages is not None and index >= MOST_PAGES:
            raise MediaTooLarge(f"the file holds too many pages; at most {MOST_PAGES} are accepted")
        try:
            if pages is not None:
                next(pages)
            self.picture.seek(index + self._hidden)
        except (EOFError, StopIteration) as error:
            if self._form in COUNTED:
                raise _cut(index) from error
            return False
        check_pixels(self.picture, self.bounds.pixels)
        return True

    def _checked_pages(self) -> Generator[None] | None:
        """For a TIFF, the checks of its pages, that of the first one done."""
        if self._form != PAGES:
            return None
        self.file.seek(0)
        pages = check_pages(self.file, self.bounds.pixels)
        next(pages)
        return pages

    @property
    def _form(self) -> str:
        return self.picture.format or ""

    @property
    def _hidden(self) -> int:
        """1 for an APNG whose first picture is only for programs that show no animations."""
        return int(getattr(self.picture, "default_image", False))

    def _durations(self) -> list[float] | None:
        return frame_durations(self.file, self._form, self.bounds.frames)

    def _count(self) -> int:
        if self._form in COUNTED:
            return max(1, getattr(self.picture, "n_frames", 1) - self._hidden)
        if self._form == PAGES:
            return self._count_pages()
        return max(1, len(self._durations() or ()))

    def _count_pages(self) -> int:
        """Up to a damage: what comes before it can be read."""
        pages = 0
        try:
            for _ in islice(check_pages(self.file, self.bounds.pixels), MOST_PAGES):
                pages += 1
        except MediaTooLarge:
            raise
        except (InvalidMedia, struct.error, OSError, OverflowError, ValueError):  # the last three from seeking
            return max(1, pages)
        return pages


def _attempt(index: int, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do one step towards a frame; what goes wrong from the second frame on leaves the frames before it valid."""
    try:
        return step(*args, **kwargs)
    except InvalidMedia:
        raise
    except Exception as error:  # on broken bytes Pillow's decoders raise whatever comes, MemoryError included
        if index == 0:
            raise
        raise _cut(index) from error


def _cut(index: int) -> TruncatedMedia:
    return TruncatedMedia(f"the file is broken or cut behind its first {index} frames")
