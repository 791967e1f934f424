"""Opens networks in a process of its own with limits, so that none of them can harm the one that asks."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from image_tagger.domain import errors
from image_tagger.domain.errors import InvalidModel, ModelUnavailable, TaggerError

COMMAND = (sys.executable, "-m", "image_tagger.models.opening.child")
INTERVAL = 0.05  # seconds between looks at the process; it can fill a gigabyte or so in that time
GIBIBYTE = 1024**3
NO_MEMORY = ("bad_alloc", "bad allocation", "alloc failed", "allocate", "out of memory", "Insufficient memory")
REASONS = {
    "SIGSEGV": "it crashes the library that reads it",
    "SIGBUS": "it crashes the library that reads it",
    "SIGILL": "it crashes the library that reads it",
    "SIGFPE": "it crashes the library that reads it",
    "SIGABRT": "the library that reads it gives up",
    "SIGXCPU": "it takes too long",
    "SIGKILL": "the process that read it was killed, probably for want of memory",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a network may take while it is opened and tried: bytes of memory, seconds until the end.

    granted: what the operator lets networks do beyond computing, as in `loaded.load`.
    """

    memory: int = 4 * GIBIBYTE
    seconds: float = 120.0
    granted: tuple[str, ...] = ()


LIMITS = Limits()


def in_child(task: str, asked: dict[str, Any], subject: str, limits: Limits = LIMITS) -> dict[str, Any]:
    """What a task of `child.py` answers, done in another process. Blocks; nothing of the process is left afterwards.

    task: `<module of models>:<function>`. asked: JSON values. subject: what the task reads, as messages call it.
    Raises the task's own errors, and InvalidModel where the process crashes, hangs or takes too much memory.
    """
    with TemporaryFile() as order:  # no pipe: what `communicate` has not written before its first timeout it never does
        order.write(order_for(task, asked, limits))
        order.seek(0)
        process = subprocess.Popen(  # noqa: S603 - our own program
            COMMAND, stdin=order, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    try:
        written = _outcome(process, limits)
    except InvalidModel as error:
        raise InvalidModel(f"{subject} cannot be used: {error}") from error
    finally:
        process.kill()
        process.communicate()
    if process.returncode or not written:
        raise InvalidModel(f"{subject} cannot be used: {_reason(process.returncode)}")
    return answer_of(written)


def order_for(task: str, asked: dict[str, Any], limits: Limits) -> bytes:
    """What `child.py` reads. asked: JSON values; `called` is what the task reads, as messages call it."""
    described = {"memory": limits.memory, "seconds": limits.seconds}
    return json.dumps({"task": task, "asked": {**asked, "granted": limits.granted}, "limits": described}).encode()


def answer_of(written: bytes) -> dict[str, Any]:
    """What `child.py` wrote. Raises the task's own errors."""
    outcome = json.loads(written)
    if "kind" not in outcome:
        answer: dict[str, Any] = outcome["answer"]
        return answer
    kind = getattr(errors, outcome["kind"], ModelUnavailable)
    error: TaggerError = kind(outcome["text"])
    raise error


def _outcome(process: subprocess.Popen[bytes], limits: Limits) -> bytes:
    """What the process writes until it ends. Raises InvalidModel where it goes beyond the limits."""
    until = time.monotonic() + limits.seconds
    while True:
        try:
            return process.communicate(timeout=INTERVAL)[0]
        except subprocess.TimeoutExpired:
            if time.monotonic() > until:
                raise InvalidModel(f"it takes longer than {limits.seconds:g} s") from None
            if _resident(process.pid) > limits.memory:
                raise InvalidModel(too_much(limits.memory)) from None


def too_much(memory: int) -> str:
    """The reason for a network that needs more bytes than these."""
    return f"it needs more than {memory / GIBIBYTE:.3g} GiB of memory"


def about_memory(error: BaseException | None) -> bool:
    """Whether a lack of memory is the reason behind an error; libraries say so in many words."""
    while error is not None:
        if isinstance(error, MemoryError) or any(words in str(error) for words in NO_MEMORY):
            return True
        error = error.__cause__ or error.__context__
    return False


def _resident(pid: int) -> int:
    """Bytes of memory that a process has; 0 where that cannot be known."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    import resource  # noqa: PLC0415 - where there is /proc, there is this, too

    return pages * resource.getpagesize()


def _reason(status: int) -> str:
    if status >= 0:
        return f"the process that read it ended with status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"{REASONS.get(name, 'the process that read it was ended')} ({name})"
