"""How often a frame counts, and when the last one ends."""

import pytest

from image_tagger.domain.clock import MOST_REPEATS, Clock
from image_tagger.domain.predictions import FrameResult


def counted(step: float | None, *times: float, end: float) -> list[int]:
    """The numbers of the frames, as often as they count."""
    clock = Clock(step)
    frames: list[tuple[int, float]] = []
    for number, seconds in enumerate(times):
        frames += [(number - 1, again) for again in clock.tick(FrameResult(number, (), seconds))]
        frames.append((number, seconds))
    frames += [(len(times) - 1, again) for again in clock.rest(end)]
    assert (clock.frames, clock.moments) == (len(times), len(frames))
    assert [seconds for _, seconds in frames] == sorted(seconds for _, seconds in frames)
    return [number for number, _ in frames]


@pytest.mark.parametrize(
    ("step", "times", "end", "expected"),
    [
        (None, (0, 1, 100), 200, [0, 1, 2]),
        (1.0, (0, 1, 2), 3, [0, 1, 2]),
        (1.0, (0, 0.96, 2.0, 2.99), 3.9, [0, 1, 2, 3]),  # the frames on the screen at whole seconds
        (1.0, (0, 1, 4), 5, [0, 1, 1, 1, 2]),
        (1.0, (0,), 3, [0, 0, 0]),
        (0.1, (0, 0.1, 0.2, 0.30000000000000004, 0.7999999999999999), 0.9, [0, 1, 2, 3, 3, 3, 3, 3, 4]),
        (1.0, (0, 0.1, 0.2), 0.3, [0, 1, 2]),
        (1.0, (0,), 0, [0]),
    ],
)
def test_a_frame_counts_once_for_every_step_it_is_seen_at(
    step: float | None, times: tuple[float, ...], end: float, expected: list[int]
) -> None:
    assert counted(step, *times, end=end) == expected


def test_a_frame_that_stays_for_ever_is_counted_so_often_and_no_more() -> None:
    assert len(counted(0.001, 0, end=1e12)) == 1 + MOST_REPEATS


def test_the_last_frame_ends_with_the_file_or_as_late_as_it_came() -> None:
    clock = Clock()
    assert clock.end(None) == 0
    for seconds in (0.0, 2.0):
        clock.tick(FrameResult(0, (), seconds))
    assert (clock.end(None), clock.end(2.5), clock.end(1.0)) == (4, 2.5, 4)
