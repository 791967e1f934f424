"""Which frames are looked at, as users write it."""

import pytest

from image_tagger.domain.errors import InvalidRequest
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
from image_tagger.domain.sampling import chosen_sampling, read_every, read_frames, step_of


@pytest.mark.parametrize(
    ("text", "sampling"),
    [
        ("1s", PerSecond(1)),
        ("0.5s", PerSecond(2)),
        ("500ms", PerSecond(2)),
        ("10s", PerSecond(0.1)),
        (" 25f ", EveryNth(25)),
        ("1f", EVERY_FRAME),
    ],
)
def test_a_step_is_in_time_or_in_frames(text: str, sampling: Sampling) -> None:
    assert read_every(text) == sampling


@pytest.mark.parametrize(
    "text", ["", "1", "s", "0s", "0.0s", "-1s", "1.5f", "0f", "1 s", "1m", "1e3s", "nans", "9" * 99]
)
def test_another_text_is_no_step(text: str) -> None:
    with pytest.raises(InvalidRequest, match="is no step"):
        read_every(text)


@pytest.mark.parametrize(
    ("text", "sampling"),
    [("all", EVERY_FRAME), ("key", KeyFrames()), ("scenes", SceneCuts()), ("16", Evenly(16)), (" 1 ", Evenly(1))],
)
def test_frames_have_words_and_numbers(text: str, sampling: Sampling) -> None:
    assert read_frames(text) == sampling


@pytest.mark.parametrize("text", ["", "0", "-3", "1.5", "keys", "many", "9" * 99])
def test_another_text_names_no_frames(text: str) -> None:
    with pytest.raises(InvalidRequest, match="names no frames"):
        read_frames(text)


def info(kind: MediaKind, frames: int | None, seconds: float | None) -> MediaInfo:
    return MediaInfo(kind, "format", Size(8, 8), frames, seconds)


@pytest.mark.parametrize(
    ("media", "chosen"),
    [
        (info(MediaKind.STILL, 1, 0.0), EVERY_FRAME),
        (info(MediaKind.ANIMATION, 12, None), EVERY_FRAME),  # pages
        (info(MediaKind.ANIMATION, 12, 2.0), PerSecond(4)),
        (info(MediaKind.VIDEO, 2880, 120.0), PerSecond(1)),
        (info(MediaKind.VIDEO, None, 120.0), PerSecond(1)),
        (info(MediaKind.VIDEO, None, None), PerSecond(1)),
    ],
)
def test_by_default_a_frame_per_second_and_no_file_unseen(media: MediaInfo, chosen: Sampling) -> None:
    assert chosen_sampling(None, media) == chosen


def test_what_is_wanted_is_chosen_but_pages_are_not_counted_in_seconds() -> None:
    film, pages = info(MediaKind.VIDEO, 24, 1.0), info(MediaKind.ANIMATION, 5, None)
    assert chosen_sampling(PerSecond(0.5), film) == PerSecond(0.5)
    assert chosen_sampling(PerSecond(0.5), pages) == EVERY_FRAME
    assert chosen_sampling(EveryNth(2), pages) == EveryNth(2)


@pytest.mark.parametrize(
    ("sampling", "step"),
    [
        (PerSecond(4), 0.25),
        (Evenly(4), 5.0),
        (SceneCuts(), 1.0),
        (EVERY_FRAME, 1.0),
        (KeyFrames(), None),
        (EveryNth(25), None),
    ],
)
def test_a_frame_counts_again_after_a_step_where_it_is_known_to_stay(sampling: Sampling, step: float | None) -> None:
    assert step_of(sampling, info(MediaKind.VIDEO, None, 20.0)) == step


def test_without_a_known_length_frames_spread_evenly_count_once() -> None:
    assert step_of(Evenly(4), info(MediaKind.VIDEO, None, None)) is None
