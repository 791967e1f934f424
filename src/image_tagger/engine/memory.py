"""How much memory this process holds and may hold."""

import ctypes
import os
import sys
from pathlib import Path

STATUS = Path("/proc/self/statm")  # only Linux has it; elsewhere models count as large as their files
CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
UNKNOWN = 4 * 1024**3  # bytes, where the system does not say how much it has


def resident_bytes() -> int:
    """Bytes of memory that this process holds now; 0 where the system does not say."""
    try:
        return int(STATUS.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def machine_bytes() -> int:
    """Bytes of memory of this machine, or of the container where that is less."""
    limits = [_installed(), *map(_limit, CGROUP_LIMITS)]
    return min((limit for limit in limits if limit), default=UNKNOWN)


def give_back() -> None:
    """Return freed memory to the system, which the C library else keeps for later. Does nothing where it cannot."""
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl does not
    if trim is not None:
        trim(0)


def _installed() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 0


def _limit(file: Path) -> int:
    """A container's limit; 0 where there is none."""
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):  # ValueError: `max`
        return 0
