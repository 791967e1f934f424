"""Films that tests make for themselves, of two shots in which the embedded model sees quite different things."""

import io
from fractions import Fraction

import av
import numpy as np
from PIL import Image, ImageDraw

from tests.dialects.pictures import encoded

FRUIT, SEA = "fruit", "sea"
SIZE = (160, 120)
CODECS = {"mp4": "mpeg4", "mov": "mpeg4", "mkv": "mpeg4", "avi": "mjpeg", "webm": "libvpx"}
FRAME_SECONDS = 0.2  # of an animation
RATE = 5  # frames per second of a video


def shot(name: str) -> Image.Image:
    """A yellow disc before black, or nothing but blue."""
    if name == SEA:
        return Image.new("RGB", SIZE, (30, 60, 200))
    picture = Image.new("RGB", SIZE, (30, 30, 30))
    ImageDraw.Draw(picture).ellipse((30, 10, 130, 110), fill=(240, 220, 40))
    return picture


def still(name: str) -> bytes:
    """A shot as it looks in an animation."""
    return encoded(shot(name), "GIF")


def animation(*names: str) -> bytes:
    """A GIF of a frame per shot."""
    return encoded_frames("GIF", *names, duration=int(FRAME_SECONDS * 1000), loop=0)


def pages(*names: str) -> bytes:
    """A TIFF of a page per shot."""
    return encoded_frames("TIFF", *names)


def encoded_frames(kind: str, *names: str, **options: object) -> bytes:
    """A file of a frame per shot. A dot per frame keeps Pillow from joining equal ones."""
    frames = [shot(name) for name in names]
    for number, frame in enumerate(frames):
        frame.putpixel((number % SIZE[0], number // SIZE[0]), (255, 255, 255))
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)


def damaged() -> bytes:
    """An animation of eight frames, the last of which are cut off."""
    whole = animation(*[SEA] * 8)
    return whole[: len(whole) * 2 // 3]


def video(*names: str, container: str = "mp4") -> bytes:
    """A video of a frame per shot."""
    content = io.BytesIO()
    with av.open(content, "w", format="matroska" if container == "mkv" else container) as output:
        stream = output.add_stream(CODECS[container], rate=Fraction(RATE))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuvj420p" if CODECS[container] == "mjpeg" else "yuv420p"
        stream.bit_rate = 2_000_000
        for name in names:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(shot(name)), format="rgb24")))
        output.mux(stream.encode())
    return content.getvalue()
