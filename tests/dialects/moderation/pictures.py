"""Pictures, GIFs and films of plain colours: the tests' models look at nothing else."""

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from tests.dialects.pictures import animated_gif, encoded

COLOURS = ("#102060", "#40a040", "#705040", "#d03030", "#8020c0", "#f0f0f0")
SIZE = (48, 32)


def plain(colour: str) -> Image.Image:
    """A picture of one colour, RGB."""
    return Image.new("RGB", SIZE, colour)


def png(colour: str = COLOURS[2]) -> bytes:
    """The same as a file."""
    return encoded(plain(colour), "PNG")


def gif(*colours: str) -> bytes:
    """A frame for each colour; six different ones unless they are given."""
    return animated_gif(*map(plain, colours or COLOURS))


def animated(kind: str) -> bytes:
    """The six frames as an animation of another format."""
    first, *rest = map(plain, COLOURS)
    return encoded(first, kind, save_all=True, append_images=rest, duration=100)


def film(*colours: str, container: str = "mp4", codec: str = "mpeg4") -> bytes:
    """A film with a frame for each colour, ten frames a second."""
    content = io.BytesIO()
    with av.open(content, "w", format=container) as output:
        stream = output.add_stream(codec, rate=Fraction(10))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for colour in colours:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(plain(colour)), format="rgb24")))
        output.mux(stream.encode())
    return content.getvalue()


def noisy_film(file: Path, *, frames: int) -> bytes:
    """An MP4 of frames that are not alike at all; its index is in front, so that it can be cut."""
    random = np.random.default_rng(1)
    with av.open(file, "w", options={"movflags": "faststart"}) as output:
        stream = output.add_stream("mpeg4", rate=Fraction(10))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for _ in range(frames):
            noise = random.integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(noise, format="rgb24")))
        output.mux(stream.encode())
    return file.read_bytes()
