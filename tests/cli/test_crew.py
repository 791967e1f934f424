"""`image-tagger serve` with several processes: one server to everyone outside."""

import hashlib
import http.client
import json
import os
import re
import signal
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli.command import SECONDS, ended, started
from tests.cli.test_serve import get, listening, logged
from tests.models.folders import copy_of_starter, rewrite

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="only Linux tells who a process's children are"
)


def members(pid: int) -> set[int]:
    """The processes that a process has started."""
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def await_members(pid: int, count: int, *, without: set[int] | frozenset[int] = frozenset()) -> set[int]:
    end = time.monotonic() + SECONDS
    while len(found := members(pid) - without) < count:
        assert time.monotonic() < end, "the members do not come"
        time.sleep(0.02)
    return found


def text(address: str, target: str) -> str:
    parts = urlsplit(address)
    assert parts.hostname is not None
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=SECONDS)) as connection:
        connection.request("GET", target)
        return connection.getresponse().read().decode()


def requests_counted(address: str) -> dict[str, float]:
    """How many requests each route has answered, as the metrics say."""
    found = re.findall(r'image_tagger_requests_total\{.*route="([^"]+)".*\} (\S+)', text(address, "/metrics"))
    return {route: float(count) for route, count in found}


def test_metrics_and_jobs_are_those_of_all_processes() -> None:
    with started("serve", "--port", "0", image_tagger_processes="3") as process:
        (url,) = listening(process)
        await_members(process.pid, 3)
        for _ in range(30):
            assert get(url, "/health/live") == (200, {"status": "live"})
        counted = [requests_counted(url)["/health/live"] for _ in range(6)]  # whichever process answers
        outcome = ended(process, signal.SIGTERM)
    assert counted == [30.0] * 6
    assert outcome.status == 0


def test_a_member_that_dies_is_replaced_and_the_others_go_on() -> None:
    with started("serve", "--port", "0", image_tagger_processes="2") as process:
        (url,) = listening(process)
        first = await_members(process.pid, 2)
        victim, survivor = sorted(first)
        os.kill(victim, signal.SIGKILL)
        said = logged(process, "a server process ended and is replaced")
        assert get(url, "/health/live")[0] == 200
        (new,) = await_members(process.pid, 2, without={victim}) - {survivor}
        assert get(url, "/health/ready")[0] == 200
        outcome = ended(process, signal.SIGTERM)
    assert new not in first
    assert outcome.status == 0
    assert (said["ended"], said["status"]) == (victim, -signal.SIGKILL)


def test_no_member_outlives_its_crew() -> None:
    with started("serve", "--port", "0", image_tagger_processes="2") as process:
        listening(process)
        left = await_members(process.pid, 2)
        process.kill()
        end = time.monotonic() + SECONDS
        while any(Path(f"/proc/{pid}").exists() for pid in left):
            assert time.monotonic() < end, "a member goes on without its crew"
            time.sleep(0.05)


def test_ctrl_c_while_a_server_starts_is_for_the_process_above_it() -> None:
    with started("serve", "--port", "0", image_tagger_processes="2") as process:
        for pid in await_members(process.pid, 1):
            os.kill(pid, signal.SIGINT)
        (url,) = listening(process)
        assert get(url, "/health/live")[0] == 200
        outcome = ended(process, signal.SIGINT)
    assert outcome.status == 0
    assert "Traceback" not in outcome.err


def test_a_signal_to_everyone_as_terminals_and_service_managers_send_it_is_one_signal() -> None:
    with started("serve", "--port", "0", image_tagger_processes="2") as process:
        (url,) = listening(process)
        everyone = await_members(process.pid, 2)
        assert get(url, "/health/live")[0] == 200
        for pid in everyone:
            os.kill(pid, signal.SIGINT)
        outcome = ended(process, signal.SIGINT)
    assert outcome.status == 0
    assert "Traceback" not in outcome.err


def events_until_a_second_server_serves(process: subprocess.Popen[bytes]) -> list[str]:
    assert process.stderr is not None
    events: list[str] = []
    impatient = threading.Timer(SECONDS, process.kill)
    impatient.start()
    while events.count("Application startup complete.") < 2:
        line = process.stderr.readline()
        assert line, "the second server does not come"
        events.append(json.loads(line)["event"])
    impatient.cancel()
    return events


def test_a_second_server_starts_when_the_first_one_has_answered() -> None:
    with started("serve", "--port", "0", image_tagger_processes="2") as process:
        events = events_until_a_second_server_serves(process)
        ended(process, signal.SIGTERM)
    first, second = (place for place, event in enumerate(events) if event == "Application startup complete.")
    assert first < events.index("ready") < second


def test_a_second_server_starts_when_the_model_of_the_first_cannot_be_loaded(tmp_path: Path) -> None:
    folder, broken = copy_of_starter(tmp_path), b"no network"
    described = hashlib.sha256((folder / "starter.onnx").read_bytes()).hexdigest()
    (folder / "starter.onnx").write_bytes(broken)
    rewrite(folder, described, hashlib.sha256(broken).hexdigest())
    settings = {"image_tagger_processes": "2", "image_tagger_default_model": str(folder)}
    with started("serve", "--port", "0", **settings) as process:
        events = events_until_a_second_server_serves(process)
        outcome = ended(process, signal.SIGTERM)
    assert "not ready" in events
    assert "ready" not in events
    assert outcome.status == 0
