"""The arithmetic of samplings, against counting it out."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from image_tagger.domain.frames import EVERY_FRAME, Evenly, EveryNth, KeyFrames, PerSecond
from image_tagger.domain.geometry import Size
from image_tagger.media.image import Image
from image_tagger.media.picking import Cuts, luma_change, picker, shown_at_a_step
from image_tagger.media.tracks import Track

SECONDS = st.floats(0, 50, allow_nan=False)
RATES = st.floats(0.02, 60)
STAYS = st.lists(st.integers(1, 400), min_size=1, max_size=60)


@given(SECONDS, st.floats(0, 3), RATES, st.sampled_from([0.0, 0.5]))
def test_a_frame_is_picked_if_it_is_on_the_screen_at_a_step(
    start: float, stay: float, rate: float, offset: float
) -> None:
    end = start + stay
    steps = range(int(end * rate) + 3)
    assert shown_at_a_step(start, end, rate, offset) == any(start <= (k + offset) / rate < end for k in steps)


@given(st.integers(0, 10**6), st.integers(1, 10**4), st.sampled_from([24, 25, 30, 50, 60, 1000]))
def test_a_step_that_meets_a_frame_exactly_picks_it_and_not_the_one_before(k: int, frames: int, rate: int) -> None:
    start = float(Fraction(k, rate))
    assert shown_at_a_step(start, start + frames / rate, rate)
    assert not shown_at_a_step(start + 1e-4, float(Fraction(k + 1, rate)), rate)


@pytest.mark.parametrize("rate", [5e-324, 1e-300, 1e300, 1.7e308])
def test_extreme_rates_end(rate: float) -> None:
    assert shown_at_a_step(0.0, 0.04, rate)
    assert shown_at_a_step(1e5, 1e5 + 0.04, rate) == (rate > 1)


@given(STAYS, RATES)
def test_each_moment_has_one_frame(stays: list[int], rate: float) -> None:
    starts = np.cumsum([0, *stays]) / 1000
    pick = picker(PerSecond(rate), 0.0)
    picked = [n for n in range(len(stays)) if pick(n, starts[n], starts[n + 1])]
    moments = [k / rate for k in range(int(starts[-1] * rate) + 2) if k / rate < starts[-1]]
    assert picked == sorted({int(np.searchsorted(starts, moment, "right")) - 1 for moment in moments})
    assert picked[0] == 0


@given(STAYS, st.integers(1, 80))
def test_an_even_spread_has_so_many_frames_or_all(stays: list[int], count: int) -> None:
    starts = np.cumsum([0, *stays]) / 1000
    pick = picker(Evenly(count), float(starts[-1]))
    picked = [n for n in range(len(stays)) if pick(n, starts[n], starts[n + 1])]
    assert 1 <= len(picked) <= min(count, len(stays))
    if len(set(stays)) == 1 and len(stays) % count == 0:
        assert len(picked) == count
        assert len(set(np.diff(picked))) <= 1


@given(STAYS, st.integers(1, 9), st.integers(0, 9))
def test_every_nth_counts_frames(stays: list[int], n: int, first: int) -> None:
    pick = picker(EveryNth(n, first), 0.0)
    assert [k for k in range(len(stays)) if pick(k, 0, 0)] == list(range(first, len(stays), n))


def groups(keys: list[int], count: int) -> NDArray[np.bool_]:
    found = np.zeros(count, np.bool_)
    found[keys] = True
    return found


@given(st.integers(1, 200), st.integers(1, 30), st.integers(1, 50))
def test_the_packets_that_are_needed_are_few_and_enough(count: int, group: int, step: int) -> None:
    keys = list(range(0, count, group))
    track = Track(np.arange(count, dtype=np.int64), groups(keys, count), Fraction(1, 25), 1)
    wanted = track.wanted(EveryNth(step))
    assert list(wanted) == list(range(0, count, step))
    stretches = track.stretches(list(wanted))
    decoded = [n for stretch in stretches for n in range(stretch.first, stretch.last + 1)]
    assert len(decoded) == len(set(decoded))
    for frame in wanted:
        assert set(range(frame // group * group, frame + 1)) <= set(decoded)
    assert all(stretch.first in keys and stretch.last in wanted for stretch in stretches)


def test_a_frame_stored_behind_a_key_frame_and_shown_before_it_needs_the_one_before() -> None:
    times = np.array([0, 3, 1, 2, 6, 4, 5, 9, 7, 8], np.int64)  # in the order of decoding
    track = Track(times, groups([0, 4], 10), Fraction(1, 25), 1)
    assert [(s.first, s.last, s.since) for s in track.stretches([5])] == [(0, 6, 0)]
    assert [(s.first, s.last, s.since) for s in track.stretches([7])] == [(4, 8, 6)]
    assert [(s.first, s.last, s.since) for s in track.stretches([1, 8])] == [(0, 2, 0), (4, 9, 6)]


def test_key_frames_are_numbered_as_they_are_shown() -> None:
    times = np.array([10, 13, 11, 12, 16, 14, 15], np.int64)
    track = Track(times, groups([0, 4], 7), Fraction(1, 10), 1)
    assert [(at, w.index, w.seconds) for at, w in track.wanted(KeyFrames()).items()] == [(10, 0, 0.0), (16, 6, 0.6)]
    assert len(track.wanted(EVERY_FRAME)) == 7
    assert track.seconds == pytest.approx(0.7)


@pytest.mark.parametrize("times", [[0, 1, 1], [1, 0, 2]])
def test_times_that_are_doubled_or_begin_late_are_not_relied_on(times: list[int]) -> None:
    assert not Track(np.array(times, np.int64), groups([0], 3), Fraction(1), 1).whole


def even(level: int) -> Image:
    return Image(np.full((40, 60, 3), level, np.uint8), Size(60, 40))


def test_a_scene_begins_first_and_where_the_levels_jump() -> None:
    cuts = Cuts(0.3)
    assert [cuts.begins(even(level)) for level in (50, 60, 85, 116, 120, 80)] == [True, False, False, True, False, True]


def test_a_change_is_a_share() -> None:
    black, grey, white = (np.full((32, 32), level, np.uint8) for level in (0, 50, 255))
    assert [luma_change(black, other) for other in (black, grey, white)] == [0, 0.5, 1]
