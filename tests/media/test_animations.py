"""Animations and pages: every frame as a browser would show it, at its time."""

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from image_tagger.domain.errors import InvalidMedia, MediaTooLarge, TruncatedMedia
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
from image_tagger.media.decode import Budget, Decoder
from tests.media.drawn import chunk, difference, quadrants, saved, tiff
from tests.media.films import HEIGHT, ROOMY, WIDTH, frames_of, gathered, numbered, shown

FORMATS = {"GIF": 0.0, "WEBP": 0.0, "PNG": 0.0, "AVIF": 6.0, "TIFF": 0.0}  # how far pixels may be off
TIMED = ["GIF", "WEBP", "PNG", "AVIF"]
DURATIONS = [40, 100, 250, 400, 30, 1000, 60, 120]  # milliseconds
STARTS = [0.0, 0.04, 0.14, 0.39, 0.79, 0.82, 1.82, 1.88]


def animated(form: str, frames: int = 8, **options: Any) -> bytes:
    """A file of numbered frames in this format."""
    first, *others = (PIL.Image.fromarray(numbered(n)) for n in range(frames))
    lossless = {"lossless": True} if form == "WEBP" else {}
    times = {"duration": DURATIONS[:frames]} if form != "TIFF" else {}
    return saved(first, form, save_all=True, append_images=others, **{**lossless, **times, **options})


@pytest.mark.parametrize("form", FORMATS)
def test_every_frame_comes_in_order_at_its_time(form: str) -> None:
    frames = frames_of(animated(form))
    assert shown(frames) == [frame.index for frame in frames] == list(range(8))
    wanted = STARTS if form in TIMED else [0.0] * 8
    assert [frame.seconds for frame in frames] == pytest.approx(wanted, abs=0.011)
    for frame in frames:
        assert difference(frame.image.pixels, numbered(frame.index)) <= FORMATS[form] + (1.0 if form == "GIF" else 0)


@pytest.mark.parametrize(
    ("sampling", "wanted"),
    [
        (EveryNth(3), [0, 3, 6]),
        (EveryNth(2, first=3), [3, 5, 7]),
        (EveryNth(9, first=8), []),
        (PerSecond(1), [0, 5]),
        (PerSecond(10), [0, 1, 2, 3, 4, 5, 7]),
        (KeyFrames(), list(range(8))),
        (Evenly(1), [5]),
        (Evenly(4), [2, 3, 5]),
        (Evenly(1000), list(range(8))),
    ],
)
@pytest.mark.parametrize("form", TIMED)
def test_samplings_pick_by_number_and_by_time(form: str, sampling: Sampling, wanted: list[int]) -> None:
    frames = frames_of(animated(form), sampling)
    assert shown(frames) == [frame.index for frame in frames] == wanted


@pytest.mark.parametrize(
    ("sampling", "wanted"), [(PerSecond(0.1), list(range(8))), (Evenly(4), [1, 3, 5, 7]), (EveryNth(5, 1), [1, 6])]
)
def test_pages_have_no_time(sampling: Sampling, wanted: list[int], tmp_path: Path) -> None:
    (tmp_path / "pages.tif").write_bytes(animated("TIFF", compression="tiff_lzw"))
    for content in (tmp_path / "pages.tif", animated("TIFF")):
        frames = frames_of(content, sampling)
        assert shown(frames) == [frame.index for frame in frames] == wanted
        assert {frame.seconds for frame in frames} == {0.0}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("sampling", [EVERY_FRAME, PerSecond(3), KeyFrames(), Evenly(3), SceneCuts()])
def test_a_still_is_one_frame_whatever_is_picked(form: str, sampling: Sampling) -> None:
    (frame,) = frames_of(saved(quadrants(), form), sampling)
    assert (frame.index, frame.seconds) == (0, 0.0)
    assert frames_of(saved(quadrants(), form), EveryNth(2, first=1)) == []


@pytest.mark.parametrize("form", FORMATS)
def test_what_a_file_holds_is_told(form: str) -> None:
    info = Decoder(ROOMY).describe(animated(form))
    assert (info.kind, info.format, info.size) == (MediaKind.ANIMATION, form.lower(), Size(WIDTH, HEIGHT))
    assert info.frames == 8
    assert info.seconds == (pytest.approx(sum(DURATIONS) / 1000, abs=0.011) if form in TIMED else None)
    assert Decoder(ROOMY).describe(saved(quadrants(), form)) == MediaInfo(MediaKind.STILL, form.lower(), Size(48, 32))


def test_a_frame_drawn_over_the_one_before_is_shown_with_it() -> None:
    whole = PIL.Image.new("RGBA", (40, 40), (10, 200, 10, 255))
    patch = PIL.Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    patch.paste((250, 0, 0, 255), (10, 10, 20, 20))
    for blend, corner in ((1, [10, 200, 10]), (0, [255, 255, 255])):
        content = saved(whole, "PNG", save_all=True, append_images=[patch], duration=100, blend=blend, disposal=0)
        pixels = frames_of(content)[1].image.pixels
        assert (pixels[15, 15].tolist(), pixels[0, 0].tolist()) == ([250, 0, 0], corner)


@pytest.mark.parametrize(("disposal", "corner"), [(1, (255, 0, 0)), (2, (255, 255, 255)), (3, (0, 0, 255))])
def test_gif_frames_are_put_away_as_they_ask(disposal: int, corner: tuple[int, int, int]) -> None:
    """Blue all over; red in the corner, put away one way or another; a dot that leaves the corner as it is."""
    content = gif((8, 8), [((0, 0, 8, 8), 1, 1), ((0, 0, 4, 4), 2, disposal), ((6, 6, 2, 2), 3, 1)], transparent=0)
    frames = frames_of(content)
    assert [tuple(frame.image.pixels[0, 0]) for frame in frames] == [(0, 0, 255), (255, 0, 0), corner]
    assert [tuple(frame.image.pixels[5, 5]) for frame in frames] == [(0, 0, 255)] * 3
    assert tuple(frames[2].image.pixels[7, 7]) == (0, 255, 0)


def gif(size: tuple[int, int], frames: list[tuple[tuple[int, int, int, int], int, int]], transparent: int) -> bytes:
    """A GIF of even boxes: place and size, colour of the palette (white, blue, red, green), and disposal."""
    palette = bytes((255, 255, 255, 0, 0, 255, 255, 0, 0, 0, 255, 0))
    parts = [b"GIF89a", struct.pack("<HHBBB", *size, 0x81, 0, 0), palette]
    for box, colour, disposal in frames:
        parts += [b"!\xf9\x04", struct.pack("<BHBB", disposal << 2 | 1, 10, transparent, 0)]
        parts += [b",", struct.pack("<HHHHB", *box, 0), b"\x02", lzw(colour, box[2] * box[3])]
    return b"".join([*parts, b";"])


def lzw(colour: int, count: int) -> bytes:
    """Pixels of one colour in GIF's compression, without compressing: the table is cleared before each pixel."""
    bits = "".join(f"{code:03b}"[::-1] for _ in range(count) for code in (4, colour)) + f"{5:03b}"[::-1]
    data = bytes(int(bits[place : place + 8][::-1], 2) for place in range(0, len(bits), 8))
    blocks = [data[place : place + 255] for place in range(0, len(data), 255)]
    return b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def test_the_picture_for_programs_without_animations_is_no_frame() -> None:
    content = animated("PNG", 3, default_image=True)
    frames = frames_of(content)
    assert shown(frames) == [1, 2]
    assert [frame.index for frame in frames] == [0, 1]
    assert Decoder(ROOMY).describe(content).frames == 2


@pytest.mark.parametrize("milliseconds", [0, 10])
def test_no_time_is_a_tenth_of_a_second_as_in_browsers(milliseconds: int) -> None:
    frames = frames_of(animated("GIF", 3, duration=milliseconds))
    assert [frame.seconds for frame in frames] == pytest.approx([0, 0.1, 0.2])


def test_scenes_begin_where_the_picture_changes() -> None:
    levels = [20, 30, 200, 190, 60]
    first, *others = (PIL.Image.new("RGB", (50, 40), (level,) * 3) for level in levels)
    content = saved(first, "WEBP", save_all=True, append_images=others, duration=100, lossless=True)
    assert [frame.index for frame in frames_of(content, SceneCuts())] == [0, 2, 4]


@pytest.mark.parametrize("form", ["GIF", "PNG", "TIFF"])
def test_of_a_cut_file_the_frames_before_the_cut_come(form: str) -> None:
    content = noisy(form)
    frames, error = gathered(content[: len(content) * 6 // 10])
    assert isinstance(error, TruncatedMedia)
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert 1 <= len(frames) < 8


def test_a_cut_webp_is_a_cut_webp() -> None:
    content = noisy("WEBP")
    frames, error = gathered(content[: len(content) * 6 // 10])
    assert isinstance(error, TruncatedMedia if frames else InvalidMedia)


def noisy(form: str) -> bytes:
    """Eight frames of noise, so that a cut hits pixels."""
    random = np.random.default_rng(3)
    first, *others = (PIL.Image.fromarray(random.integers(0, 256, (64, 64, 3), np.uint8)) for _ in range(8))
    options: dict[str, Any] = {"lossless": True} if form == "WEBP" else {}
    return saved(first, form, save_all=True, append_images=others, **options)


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_damage_in_the_middle_is_told_behind_the_good_frames(form: str) -> None:
    content = bytearray(noisy(form))
    start = len(content) // 2
    content[start : start + 2000] = b"\x55" * 2000
    frames, error = gathered(bytes(content))
    assert len(frames) < 8
    assert isinstance(error, TruncatedMedia if frames else InvalidMedia)
    if form != "WEBP":
        assert len(frames) >= 2


def test_a_broken_first_frame_is_invalid() -> None:
    content = noisy("GIF")
    frames, error = gathered(content[: len(content) // 20])
    assert (frames, type(error)) == ([], InvalidMedia)


@pytest.mark.parametrize("form", FORMATS)
def test_too_many_frames_are_refused_behind_the_last_that_is_accepted(form: str) -> None:
    frames, error = gathered(animated(form), budget=Budget(1 << 26, 10**8, max_frames=5))
    assert len(frames) == 5
    assert isinstance(error, MediaTooLarge)


def test_too_many_pixels_in_all_are_refused() -> None:
    few = [PIL.Image.new("1", (100, 100), n % 2) for n in range(60)]
    content = saved(few[0], "TIFF", save_all=True, append_images=few[1:])
    frames, error = gathered(content, budget=Budget(1 << 26, 10_000))
    assert len(frames) == 50
    assert isinstance(error, MediaTooLarge)


def test_a_page_that_outgrows_the_first_is_refused() -> None:
    large = PIL.Image.new("1", (500, 500))
    content = saved(quadrants(), "TIFF", save_all=True, append_images=[large])
    frames, error = gathered(content, budget=Budget(1 << 26, 48 * 32))
    assert len(frames) == 1
    assert isinstance(error, MediaTooLarge)


@pytest.mark.parametrize("following", [10**6, 2**32 - 1, -1])
def test_pages_before_a_damage_are_told_and_read(following: int) -> None:
    content = bytearray(saved(quadrants(), "TIFF"))
    directory = int.from_bytes(content[4:8], "little")
    tags = int.from_bytes(content[directory : directory + 2], "little")
    struct.pack_into("<I", content, directory + 2 + 12 * tags, following % len(content) if following < 0 else following)
    assert Decoder(ROOMY).describe(bytes(content)) == MediaInfo(MediaKind.STILL, "tiff", Size(48, 32))
    for sampling in (EVERY_FRAME, Evenly(3)):
        frames, error = gathered(bytes(content), sampling)
        assert [frame.index for frame in frames] == [0]
        assert isinstance(error, TruncatedMedia)


def test_of_pages_that_are_cut_off_those_before_are_told() -> None:
    content = noisy("TIFF")
    cut = content[: len(content) * 6 // 10]
    frames, _ = gathered(cut)
    assert Decoder(ROOMY).describe(cut).frames in {len(frames), len(frames) + 1}  # of the last, pixels may be missing


def test_animations_with_transparency_have_their_times_too() -> None:
    first, *others = (PIL.Image.new("RGBA", (32, 32), (200, 0, 0, 60 * number)) for number in range(4))
    content = saved(first, "AVIF", save_all=True, append_images=others, duration=500)
    assert Decoder(ROOMY).describe(content).seconds == pytest.approx(2)
    assert [frame.index for frame in frames_of(content, PerSecond(1))] == [0, 2]


def test_what_is_none_between_the_blocks_of_a_gif_is_passed_over() -> None:
    content = animated("GIF", 3)
    place = content.index(b"!\xf9", content.index(b"\0,"))
    stray = content[:place] + b"\0\x55" + content[place:]
    assert Decoder(ROOMY).describe(stray) == Decoder(ROOMY).describe(content)
    assert len(frames_of(stray)) == 3
    assert len(frames_of(stray, Evenly(3))) == len(frames_of(content, Evenly(3)))


def test_pages_that_follow_each_other_in_a_circle_end() -> None:
    content = bytearray(tiff((256, 4, 1, 2), (257, 4, 1, 1), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 100)))
    content[-4:] = struct.pack("<I", 8)
    content += bytes(100)
    assert len(gathered(bytes(content))[0]) <= 1
    assert Decoder(ROOMY).describe(bytes(content)).frames == 1


def test_an_animation_that_claims_a_million_frames_ends() -> None:
    claim = chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    content = animated("PNG", 3)
    place = content.find(b"acTL") - 4
    frames, error = gathered(content[:place] + claim + content[place + 20 :])
    assert len(frames) == 3
    assert isinstance(error, TruncatedMedia)


def test_leaving_after_the_first_frame_reads_no_other() -> None:
    content = animated("GIF")
    cut = content[: content.find(b"!\xf9", content.find(b","))]
    frames = Decoder(ROOMY).frames(cut + b"broken", None)
    assert next(frames).index == 0
    frames.close()


def test_the_listed_animations_are_read(shared_data: Path) -> None:
    counts = {"apng": 3, "gif": 3, "webp": 3}
    for suffix, count in counts.items():
        path = shared_data / "formats" / f"three_frames.{suffix}"
        assert len(frames_of(path)) == Decoder(ROOMY).describe(path).frames == count
    film = shared_data / "videos" / "chickadee_rocket.gif"
    frames = frames_of(film)
    with PIL.Image.open(io.BytesIO(film.read_bytes())) as opened:
        assert len(frames) == Decoder(ROOMY).describe(film).frames == getattr(opened, "n_frames", 0)
    assert [frame.index for frame in frames_of(film, SceneCuts())] == [0, 6]
