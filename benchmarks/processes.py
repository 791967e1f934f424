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
    """Processor seconds of one process, and of its main thread (in the server: the event loop) alone.

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


def resident_bytes(pid: int) -> int:
    """Memory of a process that is in RAM."""
    status = PROC / str(pid) / "status"
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(shown.stdout) * 1024


def used(pid: int) -> Used:
    """Processor time so far."""
    folder = PROC / str(pid)
    if not (folder / "stat").is_file():
        return Used(nan, nan, nan)
    user, system = _times(folder / "stat")
    return Used(user, system, sum(_times(folder / "task" / str(pid) / "stat")))


def _times(stat: Path) -> tuple[float, float]:
    fields = stat.read_text().rpartition(")")[2].split()  # the name before it may hold blanks
    return int(fields[11]) / TICKS, int(fields[12]) / TICKS
