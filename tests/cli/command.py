"""The installed command, run as a user runs it."""

import json
import os
import signal
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPT = str(Path(sysconfig.get_path("scripts"), "image-tagger"))
SECONDS = 60  # a command that takes longer hangs


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended and what it wrote."""

    status: int | str | None
    out: str
    err: str


def environment(**settings: str) -> dict[str, str]:
    """This process's environment with these settings and no others, names in lower case."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("IMAGE_TAGGER_") and name != "PORT"}
    return own | {name.upper(): value for name, value in settings.items()}


def run(*arguments: str | bytes, stdin: bytes = b"", **settings: str) -> Outcome:
    """Run the command to its end."""
    done = subprocess.run(
        [SCRIPT, *arguments],
        input=stdin,
        capture_output=True,
        timeout=SECONDS,
        env=environment(**settings),
        check=False,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def run_shell(line: str, *arguments: str) -> Outcome:
    """Run a line of a shell in which `$0` is the command."""
    done = subprocess.run(
        ["/bin/sh", "-c", line, SCRIPT, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        env=environment(),
        check=False,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


@contextmanager
def started(*arguments: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command while it runs, output and errors in pipes; what is still running at the end is killed."""
    with subprocess.Popen(
        [SCRIPT, *arguments], bufsize=0, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(**settings)
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: subprocess.Popen[bytes], *signals: signal.Signals) -> Outcome:
    """Send the signals and wait for the end."""
    for one in signals:
        process.send_signal(one)
    out, err = process.communicate(timeout=SECONDS)
    return Outcome(process.returncode, out.decode(), err.decode())


def log_lines(text: str) -> list[dict[str, Any]]:
    """The JSON objects of a log; any other line fails."""
    return [json.loads(line) for line in text.splitlines()]
