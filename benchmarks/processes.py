"""What a running process has used: memory, and processor time split by thread."""

import os
import subprocess
from dataclasses import dataclass
from math import nan
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100  # per second


@dataclass(frozen=True, slots=True)
class Used:
    """Processor seconds, and those of main threads (in the server: the event loops) alone.

    All are NaN on systems that do not tell; Linux does.
    """

    user: float
    system: float
    main_thread: float

    @property
    def other_threads(self) -> float:
        """All but the main thread."""
        return self.seconds - self.main_thread

    @property
    def seconds(self) -> float:
        """User and system time together."""
        return self.user + self.system

    def since(self, earlier: "Used") -> "Used":
        """What was used in between."""
        return Used(self.user - earlier.user, self.system - earlier.system, self.main_thread - earlier.main_thread)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of a process and those it has started.

    resident: each process's own count added up, so that what they share counts several times. proportional: shared
    pages divided among those who share them; the same as `resident` on systems that do not tell.
    """

    resident: int
    proportional: int


def memory(pid: int) -> Memory:
    """What a process and its children hold now."""
    each = [_memory(one) for one in family(pid)]
    return Memory(sum(one.resident for one in each), sum(one.proportional for one in each))


def used(pid: int) -> Used:
    """Processor time so far, of a process and its children; `main_thread` is the sum of all main threads."""
    each = [_used(one) for one in family(pid)]
    return Used(sum(u.user for u in each), sum(u.system for u in each), sum(u.main_thread for u in each))


def family(pid: int) -> list[int]:
    """A process and those it has started; on systems other than Linux the process alone."""
    children = PROC / str(pid) / "task" / str(pid) / "children"
    return [pid, *map(int, children.read_text().split())] if children.is_file() else [pid]


def _memory(pid: int) -> Memory:
    rollup = PROC / str(pid) / "smaps_rollup"
    if rollup.is_file():
        sizes = dict(line.split()[:2] for line in rollup.read_text().splitlines()[1:])
        return Memory(int(sizes["Rss:"]) * 1024, int(sizes["Pss:"]) * 1024)
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return Memory(int(shown.stdout) * 1024, int(shown.stdout) * 1024)


def _used(pid: int) -> Used:
    folder = PROC / str(pid)
    if not (folder / "stat").is_file():
        return Used(nan, nan, nan)
    user, system = _times(folder / "stat")
    return Used(user, system, sum(_times(folder / "task" / str(pid) / "stat")))


def _times(stat: Path) -> tuple[float, float]:
    fields = stat.read_text().rpartition(")")[2].split()  # the name before it may hold blanks
    return int(fields[11]) / TICKS, int(fields[12]) / TICKS
