"""Videos of every container and codec become the very frames that were filmed, at the very times."""

import itertools
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from image_tagger.domain.errors import TruncatedMedia
from image_tagger.domain.frames import (
    EVERY_FRAME,
    Evenly,
    EveryNth,
    KeyFrames,
    MediaInfo,
    MediaKind,
    PerSecond,
    Sampling,
    SceneCuts,
)
from image_tagger.domain.geometry import Size
from image_tagger.media.decode import Decoder
from tests.media.drawn import difference
from tests.media.films import HEIGHT, ROOMY, WIDTH, Film, edited, frames_of, gathered, number, numbered, shown, written

GOP = {"g": "12"}
X265 = {"x265-params": "keyint=12:log-level=none"}
LAYERS = {"x265-params": "keyint=24:log-level=none:temporal-layers=3:bframes=3:b-adapt=0"}
PYRAMID = {"x265-params": "keyint=24:log-level=none:bframes=4:b-adapt=0"}
OPEN = {"g": "12", "x264-params": "open-gop=1:bframes=3:b-adapt=0"}
DEEP = {"g": "30", "preset": "medium", "x264-params": "bframes=7:b-adapt=0:b-pyramid=normal:ref=4"}
FILMS = {
    "mp4 h264": Film(".mp4", "libx264", options=GOP),
    "mp4 h264, one key frame": Film(".mp4", "libx264", options={"g": "1000"}),
    "mp4 h264, open groups": Film(".mp4", "libx264", options=OPEN),
    "mp4 h264, no references skipped": Film(".mp4", "libx264", options={"g": "12", "bf": "0", "refs": "4"}),
    "mp4 h264, frames between frames between": Film(".mp4", "libx264", options=DEEP),
    "mp4 hevc": Film(".mp4", "libx265", options=X265),
    "mp4 hevc, frames between frames between": Film(".mp4", "libx265", options=PYRAMID),
    "mp4 hevc, in layers": Film(".mp4", "libx265", options=LAYERS),
    "mkv hevc": Film(".mkv", "libx265", options=PYRAMID),
    "mp4 mpeg4": Film(".mp4", "mpeg4", options={"g": "12", "bf": "2"}),
    "mov h264": Film(".mov", "libx264", options=GOP),
    "mov prores": Film(".mov", "prores", pixels="yuv422p10le"),
    "mkv h264": Film(".mkv", "libx264", options=GOP),
    "mkv h264, open groups": Film(".mkv", "libx264", options=OPEN),
    "mkv av1": Film(".mkv", "libsvtav1", options={"svtav1-params": "keyint=12", "preset": "10", "crf": "10"}),
    "webm vp8": Film(".webm", "libvpx", options=GOP),
    "webm vp8, hidden frames": Film(".webm", "libvpx", options={**GOP, "auto-alt-ref": "1", "lag-in-frames": "16"}),
    "webm vp9": Film(".webm", "libvpx-vp9", options=GOP),
    "avi mpeg4": Film(".avi", "mpeg4", options=GOP),
    "avi mjpeg": Film(".avi", "mjpeg", pixels="yuvj420p"),
    "avi h264, stored out of order": Film(".avi", "libx264", options=GOP),
    "ts h264": Film(".ts", "libx264", options=GOP),
    "ts h264, open groups": Film(".ts", "libx264", options=OPEN),
    "ts mpeg2": Film(".ts", "mpeg2video", options={"g": "12", "bf": "2"}),
    "ts hevc": Film(".ts", "libx265", options=X265),
}
UNEVEN = list(itertools.accumulate([0, *([0.04, 0.2, 0.033, 1.1, 0.5, 0.01, 0.3] * 8)]))
FORMATS = {".ts": "mpegts"}


@pytest.fixture(scope="module", params=FILMS)
def filmed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Film, Path]:
    film = FILMS[request.param]
    return film, written(film, tmp_path_factory.mktemp("films"))


def on_screen(starts: list[float], moment: float) -> int:
    return max(index for index, start in enumerate(starts) if start <= moment + 1e-9)


def expected(film: Film, sampling: Sampling) -> list[int]:
    """What a sampling picks, counted out; key frames are not known here."""
    starts, end = film.starts, film.starts[-1] + 0.04
    match sampling:
        case EveryNth(n, first):
            return list(range(first, film.frames, n))
        case PerSecond(rate):
            moments = [k / rate for k in range(1000) if k / rate < end - 1e-9]
        case Evenly(count):
            moments = [(k + 0.5) * end / count for k in range(count)]
        case _:
            raise AssertionError(sampling)
    return sorted({on_screen(starts, moment) for moment in moments})


def test_every_frame_comes_in_order_at_its_time(filmed: tuple[Film, Path]) -> None:
    film, path = filmed
    frames = frames_of(path)
    assert shown(frames) == [frame.index for frame in frames] == list(range(film.frames))
    assert [frame.seconds for frame in frames] == pytest.approx(film.starts, abs=1e-6)


@pytest.mark.parametrize(
    "sampling", [EveryNth(2), EveryNth(7, first=3), EveryNth(100), EveryNth(1, first=58), PerSecond(4), PerSecond(3.3)]
)
def test_what_is_picked_is_what_decoding_everything_would_pick(filmed: tuple[Film, Path], sampling: Sampling) -> None:
    film, path = filmed
    frames = frames_of(path, sampling)
    assert shown(frames) == [frame.index for frame in frames] == expected(film, sampling)
    assert [frame.seconds for frame in frames] == pytest.approx([film.starts[n] for n in shown(frames)], abs=1e-6)


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("sampling", [EveryNth(7, first=3), EveryNth(2), PerSecond(3.3), Evenly(7), KeyFrames()])
def test_frames_that_are_picked_are_to_the_last_bit_those_among_all(
    filmed: tuple[Film, Path], sampling: Sampling, threads: int
) -> None:
    _, path = filmed
    every = {frame.index: frame for frame in frames_of(path)}
    picked = frames_of(path, sampling, replace(ROOMY, threads=threads))
    assert picked
    for frame in picked:
        assert frame.seconds == every[frame.index].seconds
        assert (frame.image.pixels == every[frame.index].image.pixels).all()


@pytest.mark.parametrize("count", [1, 7, 60, 1000])
def test_an_even_spread_is_even(filmed: tuple[Film, Path], count: int) -> None:
    film, path = filmed
    frames = frames_of(path, Evenly(count))
    assert shown(frames) == [frame.index for frame in frames] == expected(film, Evenly(count))


def test_key_frames_are_a_part_of_all_frames(filmed: tuple[Film, Path]) -> None:
    film, path = filmed
    frames = frames_of(path, KeyFrames())
    assert shown(frames) == [frame.index for frame in frames]
    assert frames[0].index == 0
    if "12" in film.options.get("g", ""):
        assert 4 <= len(frames) <= 6


def test_the_container_tells_what_is_inside(filmed: tuple[Film, Path]) -> None:
    film, path = filmed
    form = FORMATS.get(film.suffix, film.suffix[1:])
    info = Decoder(ROOMY).describe(path)
    assert info == MediaInfo(MediaKind.VIDEO, form, Size(WIDTH, HEIGHT), 60, info.seconds)
    assert info.seconds == pytest.approx(2.4, abs=0.05)


def test_bytes_and_a_file_of_any_name_are_the_same_video(tmp_path: Path) -> None:
    path = written(Film(), tmp_path)
    renamed = path.rename(tmp_path / "photo.jpg")
    assert shown(frames_of(renamed)) == shown(frames_of(renamed.read_bytes())) == list(range(60))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_uneven_times_are_kept(suffix: str, tmp_path: Path) -> None:
    film = Film(suffix, frames=len(UNEVEN), times=UNEVEN, options=GOP)
    path = written(film, tmp_path)
    assert [frame.seconds for frame in frames_of(path)] == pytest.approx(UNEVEN, abs=0.001)
    last = len(UNEVEN) - 1  # how long it stays is not for the film to say
    for rate in (1, 2.5, 30):
        wanted = {on_screen(UNEVEN, k / rate) for k in range(1000)} - {last}
        assert [n for n in shown(frames_of(path, PerSecond(rate))) if n != last] == sorted(wanted)


@pytest.mark.parametrize(("rotation", "turns"), [(0, 0), (90, 1), (180, 2), (270, 3), (-90, 3)])
def test_frames_come_upright(rotation: int, turns: int, tmp_path: Path) -> None:
    path = written(Film(frames=3, rotation=rotation), tmp_path)
    frame, *_ = frames_of(path)
    assert (frames_of(path, KeyFrames())[0].image.pixels == frame.image.pixels).all()
    upright = np.rot90(numbered(0), turns)
    assert difference(frame.image.pixels, upright) < 4
    assert frame.image.size == frame.image.original == Decoder(ROOMY).describe(path).size


@pytest.mark.parametrize(
    ("needed", "size"), [(None, (1280, 720)), (74, (263, 148)), (300, (1067, 600)), (500, (1280, 720))]
)
def test_frames_come_with_twice_the_needed_pixels(needed: int | None, size: tuple[int, int], tmp_path: Path) -> None:
    path = written(Film(frames=2, size=(1280, 720)), tmp_path)
    for decoder, wanted in ((Decoder(ROOMY), size), (Decoder(ROOMY, exact=True), (1280, 720))):
        with closing(decoder.frames(path, needed)) as frames:
            image = next(frames).image
        assert (image.size, image.original) == (Size(*wanted), Size(1280, 720))
        assert not image.pixels.flags.writeable


@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p", "yuv444p", "yuv422p10le", "gray"])
def test_colours_survive(pixels: str, tmp_path: Path) -> None:
    codec = {"yuvj420p": "mjpeg", "yuv422p10le": "prores"}.get(pixels, "libx264")
    path = written(Film(".mov", codec, frames=2, pixels=pixels), tmp_path)
    with closing(Decoder(ROOMY).frames(path, 20)) as frames:
        top = next(frames).image.pixels[2:6].reshape(-1, 3).mean(0)
    wanted = (200, 40, 40) if pixels != "gray" else (88, 88, 88)
    assert top == pytest.approx(wanted, abs=6)


@pytest.mark.parametrize("options", [{"g": "12", "bf": "0"}, {"g": "12", "bf": "2"}, {"g": "100"}])
@pytest.mark.parametrize(
    ("start", "seconds", "numbers"), [(0, 1, range(25)), (0.8, 1.2, range(20, 50)), (1.6, 0.8, range(40, 60))]
)
def test_what_an_edit_list_leaves_out_is_not_missed(
    options: dict[str, str], start: float, seconds: float, numbers: range, tmp_path: Path
) -> None:
    content = edited(written(Film(options=options), tmp_path).read_bytes(), start, seconds)
    info = Decoder(ROOMY).describe(content)
    assert info.frames == len(numbers)
    assert info.seconds == pytest.approx(seconds)
    frames, error = gathered(content)
    assert (shown(frames), error) == (list(numbers), None)
    picked, error = gathered(content, PerSecond(5))
    assert (shown(picked), error) == (list(numbers)[::5], None)


def test_cuts_are_found_where_the_picture_changes(tmp_path: Path) -> None:
    starts = [index * 0.04 for index in range(60)]
    path = written(Film(times=starts), tmp_path)
    changes = [n for n in range(1, 60) if np.abs(numbered(n).astype(int) - numbered(n - 1)).mean() > 40]
    assert [frame.index for frame in frames_of(path, SceneCuts(0.4))] == [0, *changes]
    assert len(changes) >= 2


def test_the_listed_videos_hold_what_is_listed(shared_data: Path) -> None:
    cuts = {
        "cat_coffee_dragonfly.mp4": [0, 24, 48],
        "hotdog_macaw.webm": [0, 20],
        "cat_hotdog_audio.mp4": [0, 15],
        "cat_hotdog_mjpeg.avi": [0, 5],
    }
    counts = {"cat_coffee_dragonfly.mp4": 72, "hotdog_macaw.webm": 60, "real_cockatoo.mp4": 60}
    for name, wanted in cuts.items():
        assert [frame.index for frame in frames_of(shared_data / "videos" / name, SceneCuts())] == wanted
    for name, count in counts.items():
        path = shared_data / "videos" / name
        every = frames_of(path, EVERY_FRAME)
        assert len(every) == Decoder(ROOMY).describe(path).frames == count
        for frame in frames_of(path, PerSecond(3)):
            assert difference(frame.image.pixels, every[frame.index].image.pixels) == 0
            assert frame.seconds == every[frame.index].seconds


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_film_in_two_sizes_is_shown_in_two_sizes(threads: int, tmp_path: Path) -> None:
    small, large = (written(Film(".ts", frames=5, size=size), tmp_path, str(size)) for size in ((160, 96), (320, 192)))
    frames, error = gathered(small.read_bytes() + large.read_bytes(), budget=replace(ROOMY, threads=threads))
    assert [frame.image.size for frame in frames] == [Size(160, 96)] * 5 + [Size(320, 192)] * 5
    assert isinstance(error, TruncatedMedia)  # joined like this, packets are missing where they meet


def test_the_number_in_a_picture_can_be_read() -> None:
    assert [number(numbered(n)) for n in range(1024)] == list(range(1024))
