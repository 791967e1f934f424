"""First matches: any frames, any labels, against the rules worked out in the plainest way."""

from collections.abc import AsyncIterator

from hypothesis import given
from hypothesis import strategies as st

from image_tagger.domain.matching import Match, Wanted, first_matches, matches_in
from image_tagger.domain.predictions import FrameResult, Prediction

NAMES = "abcd"
Scores = dict[str, float]
score = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]) | st.floats(0, 1)
frames_of_scores = st.lists(st.dictionaries(st.sampled_from(NAMES), score), max_size=8)
wanted_values = st.builds(
    Wanted,
    labels=st.lists(st.sampled_from(NAMES + "e"), min_size=1, max_size=6).map(tuple),
    least=score | st.floats(),
    stop_at_first=st.booleans(),
)


class Frames:
    """A stream of frames that counts how many were taken."""

    def __init__(self, scores: list[Scores]) -> None:
        self.taken = 0
        self._scores = scores

    async def __aiter__(self) -> AsyncIterator[FrameResult]:
        for index, scores in enumerate(self._scores):
            self.taken += 1
            best_first = sorted(scores.items(), key=lambda item: -item[1])
            yield FrameResult(index, tuple(Prediction(label, value) for label, value in best_first))


def by_the_rules(frames: list[Scores], wanted: Wanted) -> list[Match]:
    """For each label the first frame that reaches the score; cut behind the first of them where that is asked for."""
    first: dict[str, int] = {}
    for label in wanted.labels:
        reaching = [n for n, scores in enumerate(frames) if label in scores and scores[label] >= wanted.least]
        if reaching:
            first[label] = reaching[0]
    last = min(first.values(), default=0) if wanted.stop_at_first else len(frames)
    found = [
        (n, place, label) for place, label in enumerate(wanted.labels) if (n := first.get(label, last + 1)) <= last
    ]
    return [Match(n, label, frames[n][label]) for n, _, label in sorted(found) if n < len(frames)]


@given(frames_of_scores, wanted_values)
async def test_matches_are_what_the_rules_say(scores: list[Scores], wanted: Wanted) -> None:
    assert list(await first_matches(Frames(scores), wanted)) == by_the_rules(scores, wanted)


@given(frames_of_scores, wanted_values)
async def test_no_frame_is_taken_that_is_not_needed(scores: list[Scores], wanted: Wanted) -> None:
    frames = Frames(scores)
    matches = await first_matches(frames, wanted)
    over = bool(matches) if wanted.stop_at_first else {m.label for m in matches} == set(wanted.labels)
    assert frames.taken == (matches[-1].frame + 1 if over else len(scores))


def test_of_a_label_that_stands_twice_the_better_score_counts() -> None:
    frame = FrameResult(7, (Prediction("crane", 0.6), Prediction("crane", 0.2)))
    assert matches_in(frame, ("crane", "crane"), 0.5) == [Match(7, "crane", 0.6)] * 2
