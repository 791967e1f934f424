"""How a worker works: plain numbers, so that nothing of the database is imported for them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """Of one worker.

    places: items done at a time. lease_seconds: after which others take over from a worker that says nothing.
    look_seconds: between looks for work that nobody has announced. retention_seconds: how long jobs are kept after
    their end. grace_seconds: for items to end when the worker is stopped.
    """

    queue: str = ""
    places: int = 8
    lease_seconds: float = 30.0
    look_seconds: float = 30.0
    retention_seconds: float = 7 * 24 * 3600.0
    grace_seconds: float = 5.0
