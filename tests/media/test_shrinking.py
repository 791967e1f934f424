"""Frames of videos come shrunk, and predictions hardly move; without the library, pictures are still read."""

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import onnxruntime
import PIL.Image
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from image_tagger.domain.geometry import Size
from image_tagger.media.shrinking import Shrinker, shrunk
from tests.media.drawn import difference, saved, textured
from tests.media.films import Film, written
from tests.media.test_reduced import NEEDED, scores_of

SIZES = ((1280, 720), (640, 360), (1920, 1080))


def filmed(picture: PIL.Image.Image, size: tuple[int, int], form: str = "yuv420p") -> av.VideoFrame:
    """The picture, cut to this size, as a decoder gives it."""
    factor = max(size[0] / picture.width, size[1] / picture.height)
    large = picture.resize(
        (round(picture.width * factor), round(picture.height * factor)), PIL.Image.Resampling.BICUBIC
    )
    cut = np.asarray(large.crop((0, 0, *size)))
    return av.VideoFrame.from_ndarray(cut, format="rgb24").reformat(format=form)


@given(st.integers(1, 9000), st.integers(1, 9000), st.floats(1, 3000))
@example(173, 173, 1.5)
def test_the_short_side_keeps_what_is_asked_for_and_nothing_grows(width: int, height: int, least: float) -> None:
    size = shrunk(Size(width, height), least)
    assert size.width <= width
    assert size.height <= height
    assert size.short_side >= min(width, height, least) - 0.5
    if min(width, height) > least:
        assert size.short_side == round(least)
        assert size.width / size.height == pytest.approx(width / height, rel=1 / size.short_side)


@pytest.mark.parametrize("form", ["yuv420p", "yuvj420p", "yuv444p", "yuv420p10le", "nv12", "rgb24", "gray", "pal8"])
def test_what_is_shrunk_is_what_a_careful_shrinking_gives(form: str) -> None:
    picture = textured(640, 480)
    frame = filmed(picture, (640, 480), "rgb8" if form == "pal8" else form)
    exact = PIL.Image.fromarray(Shrinker(None).image(frame).pixels)
    small = Shrinker(120).image(frame)
    assert (small.size, small.original) == (Size(160, 120), Size(640, 480))
    assert difference(small.pixels, np.asarray(exact.resize((160, 120), PIL.Image.Resampling.BOX))) < 4


def test_predictions_move_no_further_than_documented(shared_data: Path) -> None:
    """The bound of docs/formats.md: scores by 0.2 at most, the first place only where its lead was below 0.1."""
    network = onnxruntime.InferenceSession(shared_data / "models" / "onnx" / "mobilenet_v1_0.25_224.onnx")
    shrinker, full, moved = Shrinker(2.0 * NEEDED), Shrinker(None), list[float]()
    for number, file in enumerate(sorted((shared_data / "photos").glob("*.jpg"))):
        with PIL.Image.open(file) as opened:
            frame = filmed(opened.convert("RGB"), SIZES[number % len(SIZES)])
        before, after = scores_of(network, full.image(frame).pixels), scores_of(network, shrinker.image(frame).pixels)
        second, first = np.sort(before)[-2:]
        moved.append(float(np.abs(after - before).max()))
        assert moved[-1] <= 0.2, file.name
        assert after.argmax() == before.argmax() or first - second < 0.1, file.name
    assert len(moved) >= 50
    assert np.median(moved) < 0.05


def child(script: str, *arguments: str) -> str:
    command = [sys.executable, "-c", f"import sys\n{script}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


DECODE = """
import pathlib
from image_tagger.domain.errors import TaggerError
from image_tagger.media.decode import Budget, Decoder
decoder = Decoder(Budget(1 << 26, 10**8))
for file in sys.argv[1:]:
    try:
        print(decoder.describe(pathlib.Path(file)).kind.value, len(list(decoder.frames(pathlib.Path(file), None))))
    except TaggerError as error:
        print(type(error).__name__, error)
"""


def test_ffmpeg_is_loaded_when_a_video_comes_and_not_before(tmp_path: Path) -> None:
    photo, film = tmp_path / "photo", written(Film(frames=3), tmp_path)
    photo.write_bytes(saved(textured(40, 30), "PNG"))
    loaded = "print(any(name.split('.')[0] == 'av' for name in sys.modules))"
    assert child(f"import image_tagger.services\n{DECODE}\n{loaded}", str(photo)).split("\n") == ["still 1", "False"]
    assert child(f"{DECODE}\n{loaded}", str(film)).split("\n") == ["video 3", "True"]


def test_without_the_library_a_video_names_the_extra_and_pictures_are_read(tmp_path: Path) -> None:
    photo, film = tmp_path / "photo", written(Film(frames=3), tmp_path)
    photo.write_bytes(saved(textured(40, 30), "GIF"))
    answers = child(f"sys.modules['av'] = None\n{DECODE}", str(photo), str(film)).split("\n")
    assert answers[0] == "still 1"
    assert answers[1].startswith("MissingExtra")
    assert "image-tagger[video]" in answers[1]


def test_nothing_is_shrunk_that_is_small_enough() -> None:
    frame = filmed(textured(200, 100), (200, 100))
    assert Shrinker(100).image(frame).size == Shrinker(1000).image(frame).size == Size(200, 100)
