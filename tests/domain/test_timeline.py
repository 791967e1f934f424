"""Segments from scores: examples that read like films, and an implementation that sees the whole film at once."""

import math
import time
from dataclasses import replace
from itertools import groupby, pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_tagger.domain.clock import Clock
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.predictions import FrameResult, Prediction
from image_tagger.domain.segments import Moment, Rule, Segment
from image_tagger.domain.timeline import Timeline, Track

SCORES = st.sampled_from([0.0, 0.3, 0.45, 0.6, 0.9])
STEPS = st.sampled_from([0.5, 1.0, 2.5])


class Shot(NamedTuple):
    """One frame of a film with one label."""

    seconds: float
    score: float


def film(scores: str, step: float = 1.0) -> list[Shot]:
    """A digit per frame: tenths of a score; a blank is a frame without the label."""
    return [Shot(number * step, int(digit.strip() or 0) / 10) for number, digit in enumerate(scores)]


def frame(number: int, shot: Shot) -> FrameResult:
    return FrameResult(number, (Prediction("cat", shot.score),) if shot.score else (), shot.seconds)


def segments(shots: list[Shot], rule: Rule, duration: float | None = None, **how: bool) -> list[Segment]:
    timeline = Timeline(rule)
    found: list[Segment] = []
    for number, shot in enumerate(shots):
        found += timeline.add(frame(number, shot))
    return found + timeline.finish(duration, **how)


def times(shots: list[Shot], rule: Rule, duration: float | None = None) -> list[tuple[float, float]]:
    return [(segment.start, segment.end) for segment in segments(shots, rule, duration)]


TWO_OF_THREE = Rule(0.5, 0.4, 2, 3)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ("         ", []),
        ("    9    ", []),  # one odd frame
        ("   99    ", [(3, 5)]),
        ("   9 9   ", [(3, 6)]),  # two of three
        ("  9  9   ", []),
        ("999999999", [(0, 9)]),
        ("  99 99  ", [(2, 7)]),  # one frame without changes nothing
        ("  99  99 ", [(2, 4), (6, 8)]),
        ("  994444 ", [(2, 8)]),  # below the one threshold, above the other
        ("  444444 ", []),
        ("  9943434", [(2, 7)]),
        ("  994 4  ", [(2, 7)]),
        ("  99    9", [(2, 4)]),
    ],
)
def test_where_a_label_is_there(scores: str, expected: list[tuple[float, float]]) -> None:
    assert times(film(scores), TWO_OF_THREE) == expected


@pytest.mark.parametrize(("scores", "expected"), [("9", [(0, 0)]), ("4", []), ("99", [(0, 2)]), ("9 ", []), (" 9", [])])
def test_k_of_n_is_limited_by_the_frames_there_are(scores: str, expected: list[tuple[float, float]]) -> None:
    assert times(film(scores), Rule(0.5, 0.4, 3, 5)) == expected


def test_a_still_is_decided_whatever_the_seconds_asked_for() -> None:
    (segment,) = segments(film("9"), Rule(k=3, n=3, min_seconds=5), 0.0)
    assert (segment.start, segment.end, segment.peak, segment.mean) == (0, 0, 0.9, 0.9)


@pytest.mark.parametrize(("seconds", "count"), [(1.9, 1), (2, 1), (2.1, 0)])
def test_what_is_too_short_does_not_count(seconds: float, count: int) -> None:
    assert len(segments(film("   99    "), Rule(min_seconds=seconds))) == count


def test_a_file_shorter_than_what_is_asked_for_counts_where_the_label_fills_it() -> None:
    assert times(film("9999"), Rule(min_seconds=60)) == [(0, 4)]
    assert times(film(" 999"), Rule(min_seconds=60)) == []
    assert segments(film("9999"), Rule(min_seconds=60), complete=False) == []


@pytest.mark.parametrize(("gap", "expected"), [(0, [(0, 2), (5, 7)]), (2.9, [(0, 2), (5, 7)]), (3, [(0, 7)])])
def test_short_gaps_are_bridged(gap: float, expected: list[tuple[float, float]]) -> None:
    assert times(film("99   99  "), Rule(gap_seconds=gap)) == expected


def test_bridged_parts_are_long_together() -> None:
    assert times(film("99   99  "), Rule(gap_seconds=3, min_seconds=7)) == [(0, 7)]


def test_what_a_segment_says() -> None:
    (segment,) = segments(film("  5 98  ", 0.5), TWO_OF_THREE)
    assert (segment.label, segment.first_frame, segment.last_frame) == ("cat", 2, 5)
    assert (segment.start, segment.end, segment.seconds) == (1, 3, 2)
    assert (segment.peak, segment.peak_seconds) == (0.9, 2)
    assert segment.mean == pytest.approx((0.5 + 0 + 0.9 + 0.8) / 4)


@pytest.mark.parametrize(("duration", "end"), [(None, 3.0), (3.4, 3.4), (0.5, 3.0)])
def test_the_last_segment_ends_with_the_file(duration: float | None, end: float) -> None:
    assert times(film("999"), TWO_OF_THREE, duration) == [(0, end)]


def test_pages_have_no_time_and_are_segments_all_the_same() -> None:
    pages = [Shot(0, shot.score) for shot in film(" 99   99 ")]
    found = segments(pages, Rule(min_seconds=3, gap_seconds=3), 0.0)
    assert [(one.first_frame, one.last_frame) for one in found] == [(1, 2), (6, 7)]


def test_every_label_has_its_own_segments() -> None:
    timeline = Timeline(TWO_OF_THREE)
    found: list[Segment] = []
    for number, label in enumerate("aaabbb"):
        found += timeline.add(FrameResult(number, (Prediction(label, 0.9),), float(number)))
    found += timeline.finish()
    assert [(one.label, one.start, one.end) for one in found] == [("a", 0, 3), ("b", 3, 6)]


def test_of_a_label_that_stands_twice_in_a_model_the_higher_score_counts() -> None:
    timeline = Timeline(Rule(k=1, n=1))
    timeline.add(FrameResult(0, (Prediction("crane", 0.7), Prediction("crane", 0.1))))
    assert [one.peak for one in timeline.finish()] == [0.7]


@pytest.mark.parametrize(
    "wrong",
    [
        {"enter": 1.1},
        {"enter": math.nan},
        {"leave": -0.1},
        {"enter": 0.3, "leave": 0.4},
        {"k": 0},
        {"k": 4, "n": 3},
        {"n": 1001},
        {"min_seconds": -1},
        {"gap_seconds": math.inf},
    ],
)
def test_a_rule_can_be_followed(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest):
        Rule(**wrong)  # type: ignore[arg-type]  # one keyword at a time


rules = st.builds(
    lambda k, more, low, least, gap: Rule(0.5, low, k, k + more, least, gap),
    st.integers(1, 4),
    st.integers(0, 3),
    st.sampled_from([0.2, 0.4, 0.5]),
    st.sampled_from([0.0, 1.0, 4.0]),
    st.sampled_from([0.0, 1.0, 3.0]),
)


@st.composite
def films(draw: st.DrawFn) -> list[Shot]:
    seconds, shots = 0.0, []
    for score, step in draw(st.lists(st.tuples(SCORES, STEPS), min_size=1, max_size=40)):
        shots.append(Shot(seconds, score))
        seconds += step
    return shots


def whole_film(shots: list[Shot], rule: Rule, end: float) -> list[tuple[float, float, float, float]]:
    """The same definition, every step over the whole film: (start, end, peak, mean) of each segment."""
    scores = [shot.score for shot in shots]
    ends = [*(shot.seconds for shot in shots[1:]), end]
    parts = [*range_of_presence(scores, rule)]
    joined: list[list[range]] = []
    for part in parts:
        apart = shots[part.start].seconds - ends[joined[-1][-1].stop - 1] if joined else math.inf
        if apart <= rule.gap_seconds:
            joined[-1].append(part)
        else:
            joined.append([part])
    described = [
        (shots[group[0].start].seconds, ends[group[-1].stop - 1], [scores[i] for part in group for i in part])
        for group in joined
    ]
    least = min(rule.min_seconds, end)
    return [(a, b, max(own), sum(own) / len(own)) for a, b, own in described if b - a >= least]


def range_of_presence(scores: list[float], rule: Rule) -> list[range]:
    """Frames in which the label is there, before gaps and lengths are looked at."""
    if len(scores) < rule.k:
        return [range(len(scores))] if min(scores) >= rule.enter else []
    parts: list[range] = []
    position = 0
    while True:
        hits = [i for i in range(position, len(scores)) if scores[i] >= rule.enter]
        pairs = [(a, b) for a, b in zip(hits, hits[rule.k - 1 :], strict=False) if b - a < rule.n]
        if not pairs:
            return parts
        first, entered = pairs[0]
        low = [i for i in range(entered + 1, len(scores)) if scores[i] < rule.leave]
        left = [b for a, b in zip(low, low[rule.k - 1 :], strict=False) if b - a < rule.n]
        position = left[0] + 1 if left else len(scores)
        last = max(i for i in range(first, position) if scores[i] >= rule.leave)
        parts.append(range(first, last + 1))


@given(films(), rules, st.sampled_from([0.25, 1.0]))
def test_frame_by_frame_is_as_the_whole_film_at_once(shots: list[Shot], rule: Rule, last: float) -> None:
    end = shots[-1].seconds + last
    found = segments(shots, rule, end)
    described = [(one.start, one.end, one.peak) for one in found]
    expected = whole_film(shots, rule, end)
    assert described == [one[:3] for one in expected]
    assert [one.mean for one in found] == pytest.approx([one[3] for one in expected])


@given(films())
def test_without_smoothing_the_segments_are_the_runs_of_high_scores(shots: list[Shot]) -> None:
    runs = [[*run] for high, run in groupby(shots, key=lambda shot: shot.score >= 0.5) if high]
    found = segments(shots, Rule(0.5, 0.5, 1, 1))
    assert [(one.start, one.peak) for one in found] == [(run[0].seconds, max(s.score for s in run)) for run in runs]


@given(films(), rules)
def test_segments_are_in_order_apart_and_have_their_peak_inside(shots: list[Shot], rule: Rule) -> None:
    found = segments(shots, rule)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(one.start <= one.peak_seconds <= one.end for one in found)
    assert all(rule.enter <= one.peak >= one.mean for one in found)


@given(st.lists(SCORES, min_size=3, max_size=30), st.integers(0, 29))
def test_one_odd_frame_alone_is_never_a_segment(quiet: list[float], where: int) -> None:
    scores = [min(score, 0.45) for score in quiet]
    scores[where % len(scores)] = 1.0
    assert segments([Shot(float(n), score) for n, score in enumerate(scores)], TWO_OF_THREE) == []


def test_a_long_film_leaves_nothing_behind() -> None:
    timeline = Timeline(Rule(gap_seconds=5))
    for number in range(20_000):
        timeline.add(FrameResult(number, (Prediction(f"label {number // 4}", 0.9),), float(number)))
    assert len(timeline._tracks) < 10


@given(films(), rules)
def test_a_frame_that_stays_counts_as_often_as_it_is_seen(shots: list[Shot], rule: Rule) -> None:
    whole_steps = [Shot(float(math.ceil(shot.seconds * 2)), shot.score) for shot in shots]
    end = whole_steps[-1].seconds + 1
    seen = [max((s for s in whole_steps if s.seconds <= at), key=lambda s: s.seconds) for at in range(int(end))]
    every_second = [Shot(float(at), shot.score) for at, shot in enumerate(seen)]
    timeline = Timeline(rule, step=1.0)
    found = [one for n, shot in enumerate(whole_steps) for one in timeline.add(frame(n, shot))] + timeline.finish(end)
    assert [(one.start, one.end) for one in found] == times(every_second, rule, end)


@given(st.lists(st.tuples(SCORES, st.integers(0, 12)), min_size=1, max_size=12), rules)
def test_frames_that_are_all_the_same_count_at_once_as_one_by_one(shots: list[tuple[float, int]], rule: Rule) -> None:
    at_once, one_by_one = Track("cat", rule), Track("cat", rule)
    found: list[Segment | None] = []
    expected: list[Segment | None] = []
    now = 0.0
    for number, (score, repeats) in enumerate(shots):
        times = [now + repeat for repeat in range(1, repeats + 1)]
        found += [at_once.add(Moment(number, now, score)), *at_once.again(times)]
        expected += [one_by_one.add(Moment(number, seconds, score)) for seconds in (now, *times)]
        now += repeats + 1
    clock = Clock()
    found.append(at_once.finish(clock, now, complete=True))
    expected.append(one_by_one.finish(clock, now, complete=True))
    assert rounded(found) == rounded(expected)


def rounded(segments: list[Segment | None]) -> list[Segment]:
    return [replace(segment, mean=round(segment.mean, 9)) for segment in segments if segment]


def test_a_frame_that_stays_for_a_day_costs_no_more_than_the_window_of_the_rule() -> None:
    track, times = Track("cat", Rule(k=3, n=5)), range(1, 1_000_000)
    track.add(Moment(0, 0.0, 0.9))
    start = time.perf_counter()
    track.again(times)
    track.add(Moment(1, 1e6, 0.1))
    assert time.perf_counter() - start < 0.5
    segment = track.finish(Clock(), 2e6, complete=True)
    assert segment
    assert (segment.start, segment.end, segment.last_frame, round(segment.mean, 6)) == (0, 1e6, 0, 0.9)
