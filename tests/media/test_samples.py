"""What an MP4 says of its samples is believed only as far as there is memory for them."""

import io
import struct
import zlib
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from image_tagger.domain.errors import InvalidMedia, MediaTooLarge
from image_tagger.media.decode import Budget
from image_tagger.media.samples import MOST_OTHERS, check_samples
from tests.media.films import Film, frames_of, numbered, written

MOST = 1000
BILLION = 1_000_000_000


def checked(content: bytes) -> None:
    check_samples(io.BytesIO(content), MOST)


def saying(content: bytes, kind: bytes, place: int, *numbers: int) -> bytes:
    """The same with other numbers at a place behind the name of the first box of a kind."""
    begin = content.index(kind) + len(kind) + place
    return content[:begin] + struct.pack(f">{len(numbers)}I", *numbers) + content[begin + 4 * len(numbers) :]


def fragmented(tmp_path: Path) -> bytes:
    path = tmp_path / "fragments.mp4"
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with av.open(str(path), "w", container_options=options) as container:
        stream = container.add_stream("libx264", rate=25)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for index in range(30):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(index), format="rgb24")))
        container.mux(stream.encode(None))
    return path.read_bytes()


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def table(film: bytes) -> tuple[int, int]:
    """Where the table of contents begins and ends."""
    begin = film.index(b"moov") - 4
    return begin, begin + int.from_bytes(film[begin : begin + 4], "big")


def test_a_small_file_that_says_it_has_a_billion_frames_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    film = written(Film(), tmp_path).read_bytes()
    bomb = saying(film, b"stsz", 4, 1, BILLION)
    with pytest.raises(MediaTooLarge, match="1000000000 frames"):
        frames_of(bomb)


@pytest.mark.parametrize(("kind", "place"), [(b"stsz", 8), (b"stts", 4), (b"ctts", 4), (b"stsc", 4), (b"stco", 4)])
def test_every_list_of_a_track_is_bounded(kind: bytes, place: int, tmp_path: Path) -> None:
    film = written(Film(options={"bf": "2"}), tmp_path).read_bytes()
    checked(film)
    with pytest.raises(MediaTooLarge, match="at most"):
        checked(saying(film, kind, place, BILLION))


def test_a_fragment_is_bounded_too(tmp_path: Path) -> None:
    film = fragmented(tmp_path)
    checked(film)
    assert len(frames_of(film)) == 30
    with pytest.raises(MediaTooLarge, match="at most"):
        checked(saying(film, b"trun", 4, BILLION))


def test_edits_that_repeat_all_frames_are_bounded_together(tmp_path: Path) -> None:
    film = written(Film(), tmp_path).read_bytes()
    checked(saying(film, b"elst", 4, 100))
    with pytest.raises(MediaTooLarge, match="at most"):
        checked(saying(film, b"elst", 4, 2 * (MOST + MOST_OTHERS) // 60 + 1))


def test_tracks_are_bounded_together(tmp_path: Path) -> None:
    film = saying(written(Film(), tmp_path).read_bytes(), b"stsz", 8, MOST)
    begin, end = table(film)
    track = film.index(b"trak") - 4
    tracks = film[track : track + int.from_bytes(film[track : track + 4], "big")]
    several = (MOST + MOST_OTHERS) // MOST
    checked(film[:begin] + box(b"moov", tracks * several) + film[end:])
    with pytest.raises(MediaTooLarge, match="at most"):
        checked(film[:begin] + box(b"moov", tracks * (several + 1)) + film[end:])


def test_a_packed_table_of_contents_is_looked_into(tmp_path: Path) -> None:
    film = written(Film(), tmp_path).read_bytes()

    def packed(content: bytes) -> bytes:
        begin, end = table(content)
        size = struct.pack(">I", end - begin)
        parts = box(b"dcom", b"zlib") + box(b"cmvd", size + zlib.compress(content[begin:end]))
        return content[:begin] + box(b"moov", box(b"cmov", parts)) + content[end:]

    assert len(frames_of(packed(film))) == 60
    with pytest.raises(MediaTooLarge, match="at most"):
        checked(packed(saying(film, b"stsz", 4, 1, BILLION)))


def test_a_list_where_none_belongs_is_refused(tmp_path: Path) -> None:
    film = written(Film(), tmp_path).read_bytes()
    place = film.index(b"avcC")
    with pytest.raises(InvalidMedia):
        checked(film[:place] + b"stsz" + film[place + 4 :])


def test_a_million_boxes_are_too_many() -> None:
    with pytest.raises(InvalidMedia, match="pieces"):
        checked(box(b"free", b"") * 1_000_001)


def test_sound_without_compression_may_have_more_samples_than_that(tmp_path: Path) -> None:
    path, rate = tmp_path / "sound.mov", 192_000
    with av.open(str(path), "w") as container:
        video, sound = (
            container.add_stream("libx264", rate=25),
            container.add_stream("pcm_u8", rate=rate, layout="mono"),
        )
        assert isinstance(video, VideoStream)
        assert isinstance(sound, AudioStream)
        video.width, video.height, video.pix_fmt = 160, 96, "yuv420p"
        container.mux(video.encode(av.VideoFrame.from_ndarray(numbered(1), format="rgb24")))
        container.mux(video.encode(None))
        for second in range(MOST_OTHERS // rate + 1):
            samples = av.AudioFrame.from_ndarray(np.full((1, rate), 128, np.uint8), format="u8", layout="mono")
            samples.rate, samples.pts = rate, second * rate
            container.mux(sound.encode(samples))
        container.mux(sound.encode(None))
    checked(path.read_bytes())
    assert len(frames_of(path, budget=Budget(64 << 20, 1 << 20, MOST))) == 1
    with pytest.raises(MediaTooLarge, match="at most"):
        checked(path.read_bytes().replace(b"soun", b"text"))
