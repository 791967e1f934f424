"""Kills `image-tagger serve` in the middle of queued tasks and counts them: `python -m benchmarks.task_crashes`.

Each round queues inferences over HTTP at a server that does no jobs, starts one that does, kills its processes with
SIGKILL when a random share of the tasks has ended, starts it again, and waits for all tasks. Every task that was
accepted must end once, with the result that an undisturbed server gives, and must never change afterwards. Rounds take
turns: all processes; all while requests still come; one process, which the server replaces; all, three times.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from benchmarks import pictures, processes
from benchmarks.serving import LOOPBACK, START_SECONDS, free_port, plain_environment

MODEL = "starter"
DISTINCT = 20  # pictures
PAGE = 1000  # tasks that one request asks for
STUCK_SECONDS = 120.0
ALL, COMING, ONE, THRICE = MANNERS = ("all", "all while requests come", "one process", "all, three times")

Wire = dict[str, Any]


@dataclass(slots=True)
class Count:
    """What has happened so far."""

    kills: int = 0
    open_at_kills: list[int] = field(default_factory=list)
    tasks: dict[str, Wire] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


class Server:
    """`image-tagger serve` on one port and one data folder, however often it is killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.session = requests.Session()

    @property
    def url(self) -> str:
        """The root of the protocol."""
        return f"http://{LOOPBACK}:{self._port}/v0.7"

    def start(self, *, working: bool = True) -> None:
        """Return once it is ready; one that is not `working` only takes tasks in."""
        program = Path(sysconfig.get_path("scripts")) / "image-tagger"
        environment = plain_environment() | {"IMAGE_TAGGER_DATA_DIR": str(self._folder / "data")}
        environment |= {} if working else {"IMAGE_TAGGER_JOB_PLACES": "0"}
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(program), "serve", "--port", str(self._port)],
                stdout=log,
                stderr=log,
                env=environment,
                cwd=self._folder,
                start_new_session=True,
            )
        over = time.monotonic() + START_SECONDS
        while time.monotonic() < over:
            try:
                if requests.get(f"http://{LOOPBACK}:{self._port}/health/ready", timeout=START_SECONDS).ok:
                    return
            except requests.RequestException:
                time.sleep(0.02)
        sys.exit("the server does not start")

    def kill(self) -> None:
        """All its processes."""
        assert self._process  # noqa: S101 - it was started
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def kill_one(self, chance: random.Random) -> None:
        """One of those that answer."""
        assert self._process  # noqa: S101 - it was started
        members = [pid for pid in processes.family(self._process.pid) if pid != self._process.pid]
        os.kill(chance.choice(members or [self._process.pid]), signal.SIGKILL)

    def stop(self) -> None:
        """As an operator would."""
        assert self._process  # noqa: S101 - it was started
        self._process.terminate()
        self._process.wait()


def main() -> None:
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="task-crashes-"))
    contents = [pictures.small_jpeg(photo) for photo in pictures.photos(options.data, DISTINCT)]
    server = Server(folder)
    server.start()
    began = time.monotonic()
    expected = [task["data"] for task in _ended(server, _send(server, contents, len(contents))).values()]
    _ended(server, _send(server, contents, options.tasks))
    seconds = time.monotonic() - began
    print(f"{options.tasks} tasks, {options.rounds} rounds, seed {options.seed}, in {folder}", flush=True)
    print(f"undisturbed: {seconds:.1f} s", flush=True)
    count, chance = Count(), random.Random(options.seed)  # noqa: S311 - moments, not secrets
    for number in range(options.rounds):
        _round(server, contents, options.tasks, (MANNERS[number % len(MANNERS)], chance, seconds, count))
        _check(count, expected, number)
    _check_unchanged(server, count)
    server.stop()
    left = count.open_at_kills
    print(
        f"{count.kills} kills with {min(left)} to {max(left)} tasks open, {len(count.tasks)} tasks accepted, all ended"
    )
    print(f"wrong: {len(count.wrong)}")
    for line in count.wrong[:20]:
        print(line)
    sys.exit(bool(count.wrong))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder with photos/; else made-up pictures")
    return parser.parse_args()


Setting = tuple[str, random.Random, float, Count]


def _round(server: Server, contents: list[bytes], tasks: int, setting: Setting) -> None:
    """One round; what was accepted and how it ended goes into the count."""
    manner, chance, seconds, count = setting
    ids: list[str] = []
    if manner == COMING:
        sender = threading.Thread(target=_send, args=(server, contents, tasks, ids))
        sender.start()
        time.sleep(chance.uniform(0.05, seconds / 2))
        _note(count, len(ids))
        server.kill()
        sender.join()
        server.start()
    else:
        _queue(server, contents, tasks, ids)
        for ended in sorted(chance.sample(range(tasks // 2), 3 if manner == THRICE else 1)):
            _note(count, _open_after(server, ids, ended))
            if manner == ONE:
                server.kill_one(chance)
            else:
                server.kill()
                server.start()
    found = _ended(server, ids)
    for place, task_id in enumerate(ids):
        task = found.get(task_id)
        if task is None or task["status"] == "pending":
            count.wrong.append(f"task {task_id} is {'lost' if task is None else 'stuck'} after {manner}")
        else:
            count.tasks[task_id] = {**task, "picture": place % len(contents)}
    print(f"{manner}: {len(ids)} tasks, {count.open_at_kills[-1]} open at the last kill", flush=True)


def _queue(server: Server, contents: list[bytes], tasks: int, ids: list[str]) -> None:
    """All are accepted, and none has begun, when a server that works starts."""
    server.stop()
    server.start(working=False)
    _send(server, contents, tasks, ids)
    server.stop()
    server.start()


def _open_after(server: Server, ids: list[str], ended: int) -> int:
    """How many are open as soon as so many have ended."""
    while (left := len([task for task in _tasks(server, ids) if task["status"] == "pending"])) > len(ids) - ended:
        time.sleep(0.002)
    return left


def _note(count: Count, left: int) -> None:
    count.kills += 1
    count.open_at_kills.append(left)


def _send(server: Server, contents: list[bytes], tasks: int, ids: list[str] | None = None) -> list[str]:
    """The ids of accepted tasks, in order, until the server is gone."""
    ids = [] if ids is None else ids
    with requests.Session() as session:
        for place in range(tasks):
            files = {"inputs[0]image.source": contents[place % len(contents)]}
            fields = {"show_discarded": "true"}
            try:
                answer = session.post(
                    f"{server.url}/recognition/public/{MODEL}/inference",
                    data=fields,
                    files=files,
                    timeout=STUCK_SECONDS,
                )
            except requests.RequestException:
                break
            if answer.status_code == 201:
                ids.append(answer.json()["task_id"])
    return ids


def _tasks(server: Server, ids: list[str]) -> list[Wire]:
    """Those that exist. One of the server's processes may just be dying, so it is asked again."""
    found: list[Wire] = []
    for first in range(0, len(ids), PAGE):
        wanted = {"task_ids": ",".join(ids[first : first + PAGE]), "limit": str(PAGE)}
        for left in reversed(range(5)):
            try:
                found += requests.get(f"{server.url}/tasks/", params=wanted, timeout=STUCK_SECONDS).json()["results"]
                break
            except requests.RequestException:
                if not left:
                    raise
    return found


def _ended(server: Server, ids: list[str]) -> dict[str, Wire]:
    """All of these tasks, once none is pending, or after so long that the rest is stuck."""
    over = time.monotonic() + STUCK_SECONDS
    while True:
        found = {task["id"]: task for task in _tasks(server, ids)}
        if time.monotonic() > over or not any(task["status"] == "pending" for task in found.values()):
            return {task_id: found[task_id] for task_id in ids if task_id in found}
        time.sleep(0.02)


def _check(count: Count, expected: list[Wire], number: int) -> None:
    """Every result is the undisturbed one."""
    for task_id, task in count.tasks.items():
        if task["status"] != "success" or task["data"] != expected[task["picture"]]:
            count.wrong.append(f"task {task_id} of round {number} or earlier: {task['status']}, {task['error']}")
            task["data"] = expected[task["picture"]]  # it is told once
            task["status"] = "success"


def _check_unchanged(server: Server, count: Count) -> None:
    """What has ended never changed, however often the server was killed afterwards."""
    for task in _tasks(server, list(count.tasks)):
        before = count.tasks[task["id"]]
        if {**task, "picture": before["picture"]} != before:
            count.wrong.append(f"task {task['id']} changed after its end")


if __name__ == "__main__":
    main()
