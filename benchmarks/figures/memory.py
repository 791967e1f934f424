"""Resident memory of an idle server with the embedded model."""

import time

from benchmarks import load, processes, stage
from benchmarks.figure import Figure, Row, Setup

MEGABYTE = 1e6
LIMIT = 250
REQUESTS = 200
SETTLE_SECONDS = 2.0


def measure(setup: Setup) -> Figure:
    """Two moments: ready with nothing asked, and idle again after requests."""
    with stage.opened(setup, warm_up=0) as staged:
        fresh = _megabytes(staged.server.pid)
        staged.client.submit(load.one_at_a_time, staged.target, REQUESTS).result()
        used = _megabytes(staged.server.pid)
    return Figure((_row("memory when ready", fresh, ""), _row("memory after requests", used, f"{REQUESTS} requests")))


def _megabytes(pid: int) -> float:
    time.sleep(SETTLE_SECONDS)
    return processes.resident_bytes(pid) / MEGABYTE


def _row(name: str, megabytes: float, note: str) -> Row:
    return Row(name, f"{megabytes:.0f} MB", f"{LIMIT} MB", megabytes < LIMIT, note)
