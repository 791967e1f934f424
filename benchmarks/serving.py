"""The server under measurement, `image-tagger serve` in a process of its own, and the host its pictures come from."""

import http.client
import os
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figure import NotMeasured

PROJECT = Path(__file__).parents[1]
LOOPBACK = "127.0.0.1"
START_SECONDS = 180.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.005
READY = "/health/ready"
UNCOMPILED = "PYTHONDONTWRITEBYTECODE"  # would compile every module at every start, which installing does once


@dataclass(frozen=True, slots=True)
class Running:
    """A process that listens on a port of this machine; `start_seconds` is how long it took to answer."""

    pid: int
    port: int
    start_seconds: float


@contextmanager
def server(**settings: str) -> Iterator[Running]:
    """Image Tagger with loopback URLs allowed and these settings, ready to answer. Raises NotMeasured."""
    program, port = Path(sysconfig.get_path("scripts")) / "image-tagger", free_port()
    if not program.exists():
        raise NotMeasured("the command image-tagger is not installed beside this Python")
    command = [str(program), "serve", "--port", str(port), "--allow-private-urls"]
    with running(command, port, settings) as process:
        yield process


@contextmanager
def running(command: list[str], port: int, settings: Mapping[str, str]) -> Iterator[Running]:
    """A server process with these settings and no others, ready to answer. Raises NotMeasured."""
    environment = plain_environment() | {"PYTHONPATH": str(PROJECT)}
    environment |= {f"IMAGE_TAGGER_{name.upper()}": value for name, value in settings.items()}
    # The log goes to a file as in operation, so that it costs what it costs.
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("wb") as log:
        started = time.perf_counter()
        process = subprocess.Popen(command, stderr=log, env=environment, cwd=folder)
        try:
            _await_ready(process, port)
            yield Running(process.pid, port, time.perf_counter() - started)
        finally:
            _stop(process)


def plain_environment() -> dict[str, str]:
    """This process's environment without settings of the product, and with compiled modules as an installation has."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IMAGE_TAGGER_")}
    kept.pop(UNCOMPILED, None)
    return kept


@contextmanager
def image_host(folder: Path) -> Iterator[Running]:
    """A host that serves the files of a folder as `/<name>`, at hardly any cost."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.image_host", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    try:
        assert process.stdout  # noqa: S101 - for the type checker: it was asked for
        port = int(process.stdout.readline())
        yield Running(process.pid, port, time.perf_counter() - started)
    finally:
        _stop(process)


def _await_ready(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _is_ready(port):
            return
        time.sleep(POLL_SECONDS)
    raise NotMeasured("the server did not become ready")


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=START_SECONDS)
    try:
        connection.request("GET", READY)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
