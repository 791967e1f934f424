"""`image-tagger serve` with several processes: one server to everyone outside."""

import http.client
import os
import re
import signal
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli.command import SECONDS, ended, started
from tests.cli.test_serve import get, listening, logged

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
