"""On what terms a model is fetched."""

from dataclasses import dataclass, field
from pathlib import Path

GIBIBYTE = 1024**3


@dataclass(frozen=True, slots=True)
class Terms:
    """What may be fetched, in whose name, and whether a person watches.

    spare: where unfinished downloads wait to be resumed if this machine has no such place of its own.
    """

    spare: Path
    token: str | None = field(default=None, repr=False)
    max_bytes: int = 8 * GIBIBYTE
    progress: bool = False
