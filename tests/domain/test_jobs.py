"""Jobs: which states follow which, and how a job ends."""

from itertools import product

import pytest

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.jobs import NewJob, Progress, State


def test_what_is_cancelled_stays_so() -> None:
    assert not any(State.CANCELLED.may_become(other) for other in State)


def test_only_what_runs_can_fail() -> None:
    assert [state for state in State if state.may_become(State.FAILED)] == [State.RUNNING]


def test_what_has_ended_can_only_be_tried_again() -> None:
    ended = [state for state in State if state.ended]
    assert ended == [State.DONE, State.FAILED, State.CANCELLED]
    assert {new for old, new in product(ended, State) if old.may_become(new)} == {State.WAITING}


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
