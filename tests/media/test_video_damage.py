"""What is broken, cut, hostile or too much gives the good frames and one clear error, never a crash."""

import random
import struct
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from image_tagger.domain.errors import InvalidMedia, MediaTooLarge, TruncatedMedia
from image_tagger.domain.frames import EVERY_FRAME, EveryNth, KeyFrames, PerSecond, Sampling, SceneCuts
from image_tagger.media.decode import Budget, Decoder
from tests.media.films import ROOMY, Film, edited, frames_of, gathered, shown, written

GOP = {"g": "12"}
SAMPLINGS: list[Sampling] = [EVERY_FRAME, EveryNth(7, first=3), PerSecond(4), KeyFrames(), SceneCuts()]
FILMS = [Film(".mp4"), Film(".mkv"), Film(".ts"), Film(".avi", "mpeg4"), Film(".webm", "libvpx-vp9")]
HEADERS = {
    "mp4": b"\0\0\0\x20ftypisom" + bytes(100),
    "mp4, nothing else": b"\0\0\0\x18ftypmp42",
    "mov": b"\0\0\0\x08wide\0\0\0\x08mdat",
    "mkv": b"\x1a\x45\xdf\xa3" + bytes(100),
    "webm": b"\x1a\x45\xdf\xa3\x8b\x42\x82\x84webm",
    "avi": b"RIFF\xff\xff\xff\xffAVI LIST",
    "mpegts": (b"G" + bytes(187)) * 8,
    "m2ts": (b"\0\0\0\0G" + bytes(187)) * 8,
}

PEAK = """
import pathlib, resource, sys
from image_tagger.media.decode import Budget, Decoder
decoder = Decoder(Budget(1 << 26, 10**8, threads=2))
seen = sum(1 for _ in decoder.frames(pathlib.Path(sys.argv[1]), 96))
print(seen, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""  # kilobytes


def front_loaded(path: Path) -> bytes:
    """The same MP4 with its table of contents in front, as on the web, so that a cut leaves it whole."""
    moved = path.with_suffix(".front.mp4")
    options = {"movflags": "faststart"}
    with av.open(str(path)) as source, av.open(str(moved), "w", container_options=options) as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        assert isinstance(stream, VideoStream)
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                container.mux(packet)
    return moved.read_bytes()


@pytest.mark.parametrize("film", FILMS, ids=lambda film: film.suffix)
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_of_a_cut_video_the_frames_before_the_cut_come(film: Film, sampling: Sampling, tmp_path: Path) -> None:
    whole = Film(film.suffix, film.codec, frames=120, options=GOP)
    path = written(whole, tmp_path)
    content = front_loaded(path) if film.suffix == ".mp4" else path.read_bytes()
    every = {frame.index: frame.seconds for frame in frames_of(content, sampling)}
    frames, error = gathered(content[: len(content) * 7 // 10], sampling)
    assert 0 < len(frames) < len(every)
    assert all(frame.seconds == pytest.approx(every[frame.index]) for frame in frames)
    assert isinstance(error, TruncatedMedia) or film.suffix == ".ts"  # which has no end that could be missed


def test_of_a_part_that_an_edit_list_shows_what_is_cut_off_is_missed(tmp_path: Path) -> None:
    content = edited(front_loaded(written(Film(frames=120, options=GOP), tmp_path)), 0.4, 4)
    frames, error = gathered(content[: len(content) * 7 // 10])
    assert 0 < len(frames) < 100
    assert isinstance(error, TruncatedMedia)


def test_a_cut_mp4_whose_table_of_contents_is_lost_is_invalid(tmp_path: Path) -> None:
    content = written(Film(), tmp_path).read_bytes()
    frames, error = gathered(content[:-100])
    assert (frames, type(error)) == ([], InvalidMedia)


@pytest.mark.parametrize("sampling", [EVERY_FRAME, PerSecond(4)])
def test_behind_garbage_it_goes_on_and_the_loss_is_told(sampling: Sampling, tmp_path: Path) -> None:
    whole = front_loaded(written(Film(frames=120, options=GOP), tmp_path))
    middle = (whole.find(b"mdat") + len(whole)) // 2
    frames, error = gathered(whole[:middle] + b"\x55" * 300 + whole[middle + 300 :], sampling)
    every = frames_of(whole, sampling)
    assert shown(frames)[:5] == shown(every)[:5]
    assert shown(frames)[-1] == shown(every)[-1]
    assert isinstance(error, TruncatedMedia)


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_a_header_alone_is_no_video(name: str, sampling: Sampling) -> None:
    assert gathered(HEADERS[name], sampling)[0] == []
    with pytest.raises(InvalidMedia):
        frames_of(HEADERS[name], sampling)
    with pytest.raises(InvalidMedia):
        Decoder(ROOMY).describe(HEADERS[name])


@pytest.mark.parametrize("text", ["#EXTM3U\n#EXTINF:1,\n{}\n", "ffconcat version 1.0\nfile '{}'\n", "<MPD>{}</MPD>"])
def test_a_list_of_other_files_opens_none_of_them(text: str, tmp_path: Path) -> None:
    listing = tmp_path / "list.mp4"
    listing.write_text(text.format(written(Film(frames=3), tmp_path)))
    with pytest.raises(InvalidMedia):
        frames_of(listing)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_a_file_without_a_picture_is_no_video(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"sound{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44100
        for _ in range(20):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(InvalidMedia, match="no video"):
        frames_of(path)


def test_codecs_that_few_use_are_not_opened(tmp_path: Path) -> None:
    with pytest.raises(InvalidMedia, match="kind"):
        frames_of(written(Film(".avi", "huffyuv", frames=3, pixels="yuv422p"), tmp_path))


def budget(pixels: int = 10**8, frames: int = 10**6, seconds: float = 1e6, size: int = 1 << 26) -> Budget:
    return Budget(1000, pixels, max_frames=frames, max_video_bytes=size, max_video_seconds=seconds)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_too_much_is_refused(suffix: str, sampling: Sampling, tmp_path: Path) -> None:
    path = written(Film(suffix), tmp_path)
    length = path.stat().st_size
    assert length > 1000, "the budget of pictures must not matter"
    assert gathered(path, sampling, budget(160 * 96, 60, 2.4 + 1e-9, length))[1] is None
    for tight in (budget(pixels=160 * 96 - 1), budget(frames=59), budget(seconds=2.3), budget(size=length - 1)):
        with pytest.raises(MediaTooLarge):
            frames_of(path, sampling, tight)


def test_a_size_that_only_the_frames_tell_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    content = bytearray(written(Film(".avi", "mjpeg", frames=3, pixels="yuvj420p"), tmp_path).read_bytes())
    place = content.find(b"\xff\xc0")
    while place >= 0:
        struct.pack_into(">HH", content, place + 5, 60_000, 60_000)
        place = content.find(b"\xff\xc0", place + 1)
    with pytest.raises(InvalidMedia):
        frames_of(bytes(content))


def test_leaving_early_leaves_the_rest_unread(tmp_path: Path) -> None:
    path = written(Film(".mkv", "mjpeg", frames=1500, pixels="yuvj420p"), tmp_path)
    frames = Decoder(ROOMY).frames(path, None)
    with closing(frames):
        assert next(frames).index == 0
        assert 0 < places(path)[0] < path.stat().st_size / 3
    assert places(path) == []


def places(path: Path) -> list[int]:
    """How far each open handle of the file has been read."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("this system does not list open files")
    handles = [link.name for link in folder.iterdir() if link.is_symlink() and link.readlink() == path]
    infos = [(Path("/proc/self/fdinfo") / handle).read_text() for handle in handles]
    return sorted((int(info.split()[1]) for info in infos), reverse=True)


@pytest.mark.parametrize("film", FILMS, ids=lambda film: film.suffix)
def test_whatever_the_bytes_nothing_but_invalid_media_comes(film: Film, tmp_path: Path) -> None:
    content = written(Film(film.suffix, film.codec, frames=30, options=GOP), tmp_path).read_bytes()
    dice = random.Random(film.suffix)  # noqa: S311 - no secret depends on it
    for turn in range(60):
        broken = bytearray(content[: dice.randrange(len(content))] if turn % 3 == 0 else content)
        for _ in range(dice.choice((1, 5, 50))):
            if broken:
                broken[dice.randrange(len(broken))] = dice.randrange(256)
        frames, _ = gathered(bytes(broken), SAMPLINGS[turn % len(SAMPLINGS)])
        assert all(frame.image.pixels.ndim == 3 for frame in frames)


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    peaks = []
    for frames in (250, 1500):
        path = written(Film(".mp4", frames=frames, options={"preset": "ultrafast"}, size=(640, 384)), tmp_path)
        answer = subprocess.run([sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=True)
        seen, peak = map(int, answer.stdout.split())
        assert seen == frames
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 24_000, "all frames together would take 368 MB more, even as 320 x 192 92 MB"
