"""Videos to measure on: photos, slowly zoomed and panned with a camera's grain, 1280 x 720 at 25 frames a second.

Two kinds: as the web shows them (x264's `veryfast`, below 1 Mbit/s), and as phones and cameras film
them (12 Mbit/s, and no frame waits for a later one).
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import PIL.Image
from av.video.stream import VideoStream
from numpy.typing import NDArray

SIZE = (1280, 720)
RATE = 25
SCENE_SECONDS = 6
PHOTO = (1920, 1280)
GRAIN = 4.0  # standard deviation, in 0..255
GRAINS = 16  # different ones, in turn
WEB = {"preset": "veryfast", "crf": "26", "threads": "2", "sc_threshold": "0"}
CAMERA = {
    "preset": "veryfast",
    "b": "12M",
    "maxrate": "14M",
    "bufsize": "14M",
    "bf": "0",
    "threads": "2",
    "sc_threshold": "0",
}


def film(path: Path, photos: list[PIL.Image.Image], seconds: int, group: int, kind: dict[str, str] = WEB) -> Path:
    """H.264 with a key frame every `group` frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        if not isinstance(stream, VideoStream):
            raise TypeError(stream)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.options = {**kind, "g": str(group)}
        stream.thread_type = "FRAME"  # else x264 cuts each frame into slices, which hardly any file has
        for index, picture in enumerate(_pictures(photos, seconds)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def repeated(path: Path, source: Path, times: int) -> Path:
    """The same video so many times in a row, without encoding it again."""
    with av.open(str(path), "w") as container:
        with av.open(str(source)) as first:
            stream = container.add_stream_from_template(first.streams.video[0])
            length = first.streams.video[0].duration or 0
        for turn in range(times):
            with av.open(str(source)) as again:
                for packet in again.demux(video=0):
                    if packet.dts is not None and packet.pts is not None:
                        packet.pts, packet.dts = packet.pts + turn * length, packet.dts + turn * length
                        packet.stream = stream
                        container.mux(packet)
    return path


def _pictures(photos: list[PIL.Image.Image], seconds: int) -> Iterator[NDArray[np.uint8]]:
    random = np.random.default_rng(0)
    grains = [random.normal(0, GRAIN, (SIZE[1], SIZE[0], 1)).astype(np.int16) for _ in range(GRAINS)]
    large = [photo.resize(PHOTO, PIL.Image.Resampling.BICUBIC) for photo in photos]
    for index in range(seconds * RATE):
        scene, place = divmod(index / RATE, SCENE_SECONDS)
        zoom = 1.1 * (1 - 0.3 * place / SCENE_SECONDS)
        width, height = SIZE[0] * zoom, SIZE[1] * zoom
        x = (PHOTO[0] - width) * (0.5 + 0.4 * np.sin(index / 40))
        y = (PHOTO[1] - height) * (0.5 + 0.4 * np.cos(index / 55))
        photo = large[int(scene) % len(large)]
        picture = photo.resize(SIZE, PIL.Image.Resampling.BILINEAR, box=(x, y, x + width, y + height))
        yield (np.asarray(picture).astype(np.int16) + grains[index % GRAINS]).clip(0, 255).astype(np.uint8)
