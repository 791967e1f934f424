"""Several processes that accept from the same sockets, so that they do not share one interpreter's lock."""

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

import structlog
from prometheus_client.multiprocess import mark_process_dead

from image_tagger.cli.orders import Orders

MULTIPROCESS_METRICS = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client looks for it when it is imported
PAUSE = 1.0  # seconds before a replacement, so that members that cannot live do not keep the machine busy
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Member:
    process: subprocess.Popen[bytes]
    ready: int  # can be read once the member serves, and ends with it


class Crew:
    """Starts the members one after the other, replaces those that end, and passes signals on."""

    def __init__(self, count: int, listening: list[socket.socket], given: Mapping[str, Any]) -> None:
        self._count = count
        self._listening = listening
        self._given = dict(given)
        self._members: list[_Member] = []
        self._leaving = False  # once true, the sockets are closed

    def serve(self, announce: Callable[[], None]) -> bool:
        """Serve until a signal comes and all members have ended; answer whether the server had started at all.

        `announce` is called when the first member serves.
        """
        alive, held = os.pipe()  # members wait for the end of `alive`, which comes with ours, however we end
        with tempfile.TemporaryDirectory(prefix="image-tagger-") as shared:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._pass_on)
            started = self._start(shared, alive)
            if started:
                announce()
            else:  # it has said why, and the others would say the same
                self._pass_on(signal.SIGTERM, None)
            while self._members:
                if not self._leaving and len(self._members) < self._count:
                    self._start(shared, alive)
                else:
                    self._await_an_end(shared)
        os.close(alive)
        os.close(held)
        return started

    def _start(self, shared: str, alive: int) -> bool:
        """Start one member; answer whether it serves."""
        ready, says_ready = os.pipe()
        listening = [open_socket.fileno() for open_socket in self._listening]
        orders = Orders(self._given, listening, says_ready, alive, shared)
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "image_tagger.cli.member", orders.text()],
            env={**os.environ, MULTIPROCESS_METRICS: shared},
            pass_fds=[*listening, says_ready, alive],
        )
        os.close(says_ready)
        self._members.append(_Member(process, ready))
        if self._leaving:  # a signal came while it was not yet among the members
            process.terminate()
        return bool(os.read(ready, 1))

    def _await_an_end(self, shared: str) -> None:
        ended, _, _ = select.select([member.ready for member in self._members], [], [])
        for member in [member for member in self._members if member.ready in ended]:
            status = member.process.wait()
            self._members.remove(member)
            os.close(member.ready)
            mark_process_dead(member.process.pid, shared)  # type: ignore[no-untyped-call]  # it has no types
            if not self._leaving:
                log.error("a server process ended and is replaced", status=status)
                time.sleep(PAUSE)

    def _pass_on(self, sig: int, frame: FrameType | None) -> None:
        """Let every member finish what is in flight; the second time, finish nothing."""
        del sig, frame
        for member in self._members:
            if self._leaving:
                member.process.kill()
            else:
                member.process.terminate()
        self._leaving = True
        for open_socket in self._listening:  # or new connections would wait for nobody
            open_socket.close()
