"""Jobs: which states are an end, and how a job ends."""

import pytest

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.jobs import NewJob, Progress, State


def test_three_states_are_an_end() -> None:
    assert [state for state in State if state.ended] == [State.DONE, State.FAILED, State.CANCELLED]


@pytest.mark.parametrize(
    ("progress", "state"),
    [
        (Progress(), State.DONE),
        (Progress(3, done=3), State.DONE),
        (Progress(3, done=1, failed=2), State.DONE),
        (Progress(3, failed=3), State.FAILED),
        (Progress(3, done=2, cancelled=1), State.CANCELLED),
        (Progress(3, failed=2, cancelled=1), State.CANCELLED),
    ],
)
def test_a_job_ends_as_its_items_did(progress: Progress, state: State) -> None:
    assert progress.ended == progress.total
    assert progress.state is state


def test_a_job_is_tried_at_least_once() -> None:
    assert NewJob("tag", attempts=1).attempts == 1
    with pytest.raises(InvalidRequest):
        NewJob("echo", attempts=0)
