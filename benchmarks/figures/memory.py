"""Resident memory of an idle server with the embedded model."""

import time

from benchmarks import load, processes, stage
from benchmarks.figure import Figure, Row, Setup
from benchmarks.processes import Memory

MEGABYTE = 1e6
LIMIT = 250
REQUESTS = 200
SETTLE_SECONDS = 2.0


def measure(setup: Setup) -> Figure:
    """Two moments: ready with nothing asked, and idle again after requests."""
    with stage.opened(setup, warm_up=0) as staged:
        fresh = _settled(staged.server.pid)
        staged.client.submit(load.one_at_a_time, staged.target, REQUESTS).result()
        used = _settled(staged.server.pid)
        count = len(processes.family(staged.server.pid))
    several = f", in {count} processes; {used.resident / MEGABYTE:.0f} MB if shared pages count in each"
    return Figure(
        (_row("memory when ready", fresh, ""), _row("memory after requests", used, f"{REQUESTS} requests{several}"))
    )


def _settled(pid: int) -> Memory:
    time.sleep(SETTLE_SECONDS)
    return processes.memory(pid)


def _row(name: str, memory: Memory, note: str) -> Row:
    megabytes = memory.proportional / MEGABYTE
    return Row(name, f"{megabytes:.0f} MB", f"{LIMIT} MB", megabytes < LIMIT, note)
