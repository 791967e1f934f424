"""What the processes are told that tag a folder together, as one argument of their command line."""

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class TagOrders:
    """queue: of their job. model: its name, or the path of its folder. processes: how many there are in all.

    alive: ends when the command does.
    """

    queue: str
    model: str
    processes: int
    alive: int = -1

    def text(self, alive: int) -> str:
        """All of it as text."""
        return json.dumps(asdict(self) | {"alive": alive})

    @classmethod
    def read(cls, text: str) -> Self:
        """The opposite of `text`."""
        return cls(**json.loads(text))
