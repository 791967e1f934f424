"""Videos the tests make themselves, whose frames show their own number."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidMedia
from image_tagger.domain.frames import EVERY_FRAME, Sampling
from image_tagger.media.decode import Budget, Decoder
from image_tagger.media.image import Frame

ROOMY = Budget(max_bytes=64 << 20, max_pixels=100_000_000, threads=2)
BITS = 10
WIDTH, HEIGHT = BITS * 16, 96
UNIT = Fraction(1, 1000)  # of the times that the tests give; containers may count in others


@dataclass(frozen=True)
class Film:
    """What a test wants of a video; frame i is shown from `times[i]` seconds on, by default at 25 per second."""

    suffix: str = ".mp4"
    codec: str = "libx264"
    frames: int = 60
    options: dict[str, str] = field(default_factory=dict)
    times: Sequence[float] = ()
    rotation: int = 0
    size: tuple[int, int] = (WIDTH, HEIGHT)
    pixels: str = "yuv420p"

    @property
    def starts(self) -> list[float]:
        """When each frame appears, in seconds."""
        return list(self.times) or [index / 25 for index in range(self.frames)]


def written(film: Film, folder: Path, name: str = "film") -> Path:
    """The film as a file."""
    path = folder / f"{name}{film.suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(film.codec, rate=25)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = film.size
        stream.pix_fmt = film.pixels
        stream.options = dict(film.options)
        if film.times:
            stream.codec_context.time_base = UNIT
        if film.rotation:
            stream.set_display_rotation(film.rotation)
        for index, start in enumerate(film.starts):
            frame = av.VideoFrame.from_ndarray(numbered(index, film.size), format="rgb24")
            frame.pts, frame.time_base = (round(start / UNIT), UNIT) if film.times else (index, Fraction(1, 25))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def numbered(index: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> NDArray[np.uint8]:
    """A picture, uint8 (height, width, 3), of ten bars, light for the ones of the number in binary; red on top."""
    width, height = size
    bars = np.array([index >> bit & 1 for bit in range(BITS)], np.uint8) * 160 + 48
    picture = np.repeat(np.repeat(bars, -(-width // BITS))[None, :width, None], 3, axis=2).repeat(height, axis=0)
    picture[: height // 4] = (200, 40, 40)
    return picture


def edited(content: bytes, start: float, seconds: float) -> bytes:
    """The same MP4, of which an edit list shows only a part."""
    film, track = content.index(b"mvhd") + 16, content.index(b"mdhd") + 16
    movie_unit, unit = struct.unpack_from(">I", content, film)[0], struct.unpack_from(">I", content, track)[0]
    place = content.index(b"elst") + 12
    before = struct.unpack_from(">i", content, place + 4)[0]  # frames stored out of their order begin late
    part = struct.pack(">Ii", round(seconds * movie_unit), before + round(start * unit))
    return content[:place] + part + content[place + 8 :]


def number(pixels: NDArray[np.uint8]) -> int:
    """The number that a frame shows."""
    height, width, _ = pixels.shape
    row = pixels[height * 5 // 8, :, 1]
    centres = [int((bit + 0.5) * -(-width // BITS)) for bit in range(BITS)]
    return sum(1 << bit for bit, x in enumerate(centres) if row[x] > 128)


def frames_of(content: Path | bytes, sampling: Sampling = EVERY_FRAME, budget: Budget = ROOMY) -> list[Frame]:
    """All the frames that are picked, in full size."""
    return list(Decoder(budget).frames(content, None, sampling))


def gathered(
    content: Path | bytes, sampling: Sampling = EVERY_FRAME, budget: Budget = ROOMY
) -> tuple[list[Frame], InvalidMedia | None]:
    """The frames up to an error, and the error."""
    frames: list[Frame] = []
    try:
        for frame in Decoder(budget).frames(content, None, sampling):
            frames.append(frame)  # noqa: PERF402 - what came before an error has to be kept
    except InvalidMedia as error:
        return frames, error
    return frames, None


def shown(frames: Sequence[Frame]) -> list[int]:
    """The numbers that the frames show."""
    return [number(frame.image.pixels) for frame in frames]
