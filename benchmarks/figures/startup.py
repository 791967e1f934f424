"""Seconds from starting `image-tagger serve` to the first 200 of `/health/ready`."""

from benchmarks import serving
from benchmarks.figure import Figure, Row, Setup, Spread

LIMIT = 2.0


def measure(setup: Setup) -> Figure:
    """The median of several starts counts; files are in the system's cache after the first."""
    starts = []
    for _ in range(setup.repeats(full=5, quick=2)):
        with serving.server() as server:
            starts.append(server.start_seconds)
    spread = Spread.of(starts)
    note = f"median (range) of {len(starts)} starts, asked every 5 ms"
    return Figure((Row("start to ready", spread.shown(" s"), "2 s", spread.median < LIMIT, note),))
