"""What a process of a crew is told, as one argument of its command line."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Orders:
    """Settings given on the command line, and what the process inherits.

    listening: open sockets to accept from. ready: written to once it serves. alive: ends when the crew's process does.
    shared: a folder that all members use.
    """

    given: dict[str, Any]
    listening: list[int]
    ready: int
    alive: int
    shared: str

    def text(self) -> str:
        """All of it as text."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Self:
        """The opposite of `text`."""
        return cls(**json.loads(text))
