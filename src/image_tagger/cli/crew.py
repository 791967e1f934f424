"""The process above the servers: `python -m image_tagger.cli.crew ORDERS`.

It starts them one after the other, replaces those that end, and passes signals on. It imports next to nothing, so that
it costs next to no memory; what there is to say, the servers say.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from types import FrameType

from image_tagger.cli.orders import ANSWERED, SERVES, CrewOrders, MemberOrders
from image_tagger.cli.signals import deaf_to_ctrl_c

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client looks for it when it is imported
PAUSE = 1.0  # seconds before a replacement, so that servers that cannot live do not keep the machine busy
FAILED = 1  # exit status where nothing could be served


@dataclass(frozen=True, slots=True)
class _Member:
    process: subprocess.Popen[bytes]
    number: int
    ready: int  # where the member says how far it is; ends with it


class Crew:
    """The servers of one set of sockets, `shared` being a folder for all of them."""

    def __init__(self, orders: CrewOrders, shared: str) -> None:
        self._orders = orders
        self._shared = shared
        self._listening = [socket.socket(fileno=number) for number in orders.listening]
        self._alive, self._held = os.pipe()  # nothing is ever written: it ends with this process, however that ends
        self._members: list[_Member] = []
        self._leaving = False  # once true, the sockets are closed

    def serve(self) -> int:
        """Serve until a signal comes and all members have ended; answer the exit status."""
        signal.signal(signal.SIGTERM, self._pass_on)
        signal.signal(signal.SIGINT, self._pass_on)
        serves = self._start(0)
        if not serves and not self._leaving:  # it has said why, and the others would say the same
            self._pass_on(signal.SIGTERM, None)
            self._members.pop().process.wait()
            return FAILED
        for number in range(1, self._orders.count):
            self._start(number)
        while self._members:
            self._await_an_end()
        return 0

    def _start(self, number: int, replaces: tuple[int, int] | None = None) -> bool:
        """Start one member, up to its first answer, which the next would slow down; answer whether it serves."""
        if self._leaving:
            return False
        ready, says_ready = os.pipe()
        listening = [open_socket.fileno() for open_socket in self._listening]
        orders = MemberOrders(self._orders.given, listening, self._shared, says_ready, self._alive, number, replaces)
        with deaf_to_ctrl_c():
            process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "image_tagger.cli.starting", orders.text()],
                env={**os.environ, METRICS_FOLDER: self._shared},
                pass_fds=[*listening, says_ready, self._alive],
            )
        os.close(says_ready)
        self._members.append(_Member(process, number, ready))
        if self._leaving:  # a signal came while it was not yet among the members
            process.terminate()
        serves = bool(os.read(ready, len(SERVES)))
        os.read(ready, len(ANSWERED))  # or the end
        return serves

    def _await_an_end(self) -> None:
        ended, _, _ = select.select([member.ready for member in self._members], [], [])
        for member in [member for member in self._members if member.ready in ended]:
            status = member.process.wait()
            self._members.remove(member)
            os.close(member.ready)
            if not self._leaving:
                time.sleep(PAUSE)
            self._start(member.number, (member.process.pid, status))

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


def main() -> None:
    """Serve; ends with SystemExit."""
    with tempfile.TemporaryDirectory(prefix="image-tagger-") as shared:
        status = Crew(CrewOrders.read(sys.argv[1]), shared).serve()
    sys.exit(status)


if __name__ == "__main__":
    main()
