"""What a client says to the server and hears from it, apart from how it travels."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from image_tagger.domain.errors import ServerUnavailable, TaggerError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form: text, or a file of bytes or on disk, which has a file name."""

    name: str
    content: str | bytes | Path
    filename: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. A body becomes JSON. meanings: what the statuses of this door say, where others say else."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    parts: tuple[Part, ...] = ()
    body: Any = None
    meanings: tuple[tuple[int, type[TaggerError]], ...] = ()


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is asked for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. body: its JSON, None where it has none. retry_after: seconds, where the server says."""

    status: int = 0
    body: Any = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The end of a talk."""

    value: T


Talk = Generator[Ask | Pause, Answer, T]  # a pause is over with an empty answer


def advance(talk: Talk[T], heard: Answer | TaggerError | None) -> Ask | Pause | Done[T]:
    """The next step of a talk; None begins it, an error is raised where it asked."""
    try:
        if heard is None:
            return next(talk)
        return talk.throw(heard) if isinstance(heard, TaggerError) else talk.send(heard)
    except StopIteration as end:
        return Done(end.value)


def understood(answer: Answer, read: Callable[[Any], T]) -> T:
    """What `read` makes of the answer's JSON. Raises ServerUnavailable where it has another shape."""
    try:
        return read(answer.body)
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise ServerUnavailable("the server answers what this client does not know; is it an Image Tagger?") from error
