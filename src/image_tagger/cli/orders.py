"""What the processes of a server are told, each as one argument of its command line."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

SERVES, ANSWERED = b"s", b"a"  # what a member says: it accepts; its default model has answered, or failed to


@dataclass(frozen=True, slots=True)
class CrewOrders:
    """For the process above the others: how many to start, the settings given, the open sockets to accept from."""

    count: int
    given: dict[str, Any]
    listening: list[int]

    def text(self) -> str:
        """All of it as text."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Self:
        """The opposite of `text`."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class MemberOrders:
    """For one that serves.

    given: settings from the command line. listening: the open sockets. shared: a folder that all members use.
    ready: to say there when it SERVES and when the model has ANSWERED. alive: ends when the process above does.
    number: 0 for the first one. replaces: which process ended in its place, and its exit status.
    """

    given: dict[str, Any]
    listening: list[int]
    shared: str
    ready: int
    alive: int
    number: int
    replaces: tuple[int, int] | None = None

    def text(self) -> str:
        """All of it as text."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Self:
        """The opposite of `text`."""
        return cls(**json.loads(text))
