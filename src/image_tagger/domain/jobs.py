"""Jobs: work that outlives a request, made of items that are done one by one, and their states."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from image_tagger.domain.errors import InvalidRequest

Json = Mapping[str, Any]
ATTEMPTS = 3  # how often an item is tried whose error may pass


class State(StrEnum):
    """Where a job or an item is."""

    WAITING = "waiting"  # nothing has begun; an item may also wait for another attempt
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Nothing more happens by itself."""
        return self in ENDED


ENDED = frozenset({State.DONE, State.FAILED, State.CANCELLED})


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an item has no result: the name of the error's class, and what it says to the user."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How many items a job has, and how many have ended in which way."""

    total: int = 0
    done: int = 0
    failed: int = 0
    cancelled: int = 0

    @property
    def ended(self) -> int:
        """Items of which nothing more is expected."""
        return self.done + self.failed + self.cancelled

    @property
    def state(self) -> State:
        """How a job ends whose items have all ended: failed only where items failed and none is done."""
        if self.cancelled:
            return State.CANCELLED
        return State.FAILED if self.failed and not self.done else State.DONE


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to add. Within a job a key exists once: adding it again changes nothing, so listings can be repeated."""

    payload: Json = field(default_factory=dict)
    key: str | None = None


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to add.

    parameters: the same for all items. attempts: how often an item is tried whose error may pass.
    queue: only workers of this queue do it; the empty one is that of every server.
    then: the kind of a job that is added when this one has ended, with `{"job": <id>}` as its parameters.
    """

    kind: str
    parameters: Json = field(default_factory=dict)
    attempts: int = ATTEMPTS
    queue: str = ""
    then: str | None = None

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise InvalidRequest("a job needs at least one attempt")


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is now. Times are seconds since 1970, UTC.

    listing: more items may be added. cancelling: items that have begun are finished, no other begins.
    result, error: those of its item, where it has one item and has ended.
    """

    id: int
    kind: str
    state: State
    parameters: Json
    progress: Progress
    created: float
    updated: float
    ended: float | None = None
    listing: bool = False
    cancelling: bool = False
    attempts: int = ATTEMPTS
    queue: str = ""
    then: str | None = None
    result: Json | None = None
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One part of a job. `number` counts from 0 within the job, in the order of adding; some may be missing.

    attempt: 1 for the first time somebody does it. errors: attempts that ended with an error that may pass.
    id and token are the ledger's.
    """

    job: Job
    number: int
    payload: Json
    state: State = State.WAITING
    attempt: int = 0
    errors: int = 0
    key: str | None = None
    result: Json | None = None
    error: Failure | None = None
    id: int = 0
    token: str | None = field(default=None, repr=False)
