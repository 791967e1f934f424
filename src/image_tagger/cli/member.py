"""The web server of one process, alone or one of several."""

import asyncio
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

import structlog
import uvicorn
from prometheus_client.multiprocess import mark_process_dead

from image_tagger.api.app import create_app
from image_tagger.api.logs import configure_logs
from image_tagger.cli.failure import EXIT_FAILED
from image_tagger.cli.orders import ANSWERED, SERVES, MemberOrders
from image_tagger.cli.protocol import Protocol
from image_tagger.domain.errors import TaggerError
from image_tagger.settings import Settings, read_settings

log = structlog.get_logger(__name__)


class Server(uvicorn.Server):
    """A web server that ends with status 0 when a signal asks it to, and at once when a second one does."""

    def __init__(self, settings: Settings, shared: Path | None = None) -> None:
        self.app = create_app(settings, shared)
        config = uvicorn.Config(
            self.app,
            http=Protocol,
            log_config=None,
            access_log=False,  # the request log says more
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=settings.shutdown_seconds,
        )
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start. From then on garbage is collected again, though not looked for in what is there by now and stays."""
        await super().startup(sockets)
        gc.freeze()
        gc.enable()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Finish what is in flight; the second signal finishes nothing."""
        del sig, frame
        self.force_exit = self.should_exit
        self.should_exit = True


class Member(Server):
    """A server that says when it serves and when its model has answered, and ends at once only by the process above."""

    def __init__(self, settings: Settings, orders: MemberOrders) -> None:
        super().__init__(settings, Path(orders.shared))
        self._orders = orders

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so; once more when the default model has answered or failed."""
        await super().startup(sockets)
        if not self.started:
            return
        if self._orders.number == 0 and not self._orders.replaces:
            announce(sockets or [])
        os.write(self._orders.ready, SERVES)
        self._answering = asyncio.create_task(self._say_answered())

    async def _say_answered(self) -> None:
        await self.app.state.answered.wait()
        with suppress(BrokenPipeError):  # the process above is gone: this one is about to leave, too
            os.write(self._orders.ready, ANSWERED)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Finish what is in flight, however often asked: a service manager tells every process."""
        del sig, frame
        self.should_exit = True


def announce(listening: Sequence[socket.socket]) -> None:
    """Log where the server can be reached."""
    for open_socket in listening:
        address, number = open_socket.getsockname()[:2]
        host = f"[{address}]" if ":" in address else address
        log.info("Image Tagger listens", url=f"http://{host}:{number}", pages="/docs")


def main() -> None:
    """Serve until told otherwise; ends with SystemExit. An error of ours is one line on standard error."""
    orders = MemberOrders.read(sys.argv[1])
    threading.Thread(target=_leave_with_crew, args=[orders.alive], daemon=True).start()
    try:
        settings = read_settings(**orders.given)
        configure_logs(settings)
        server = Member(settings, orders)
    except TaggerError as error:
        sys.stderr.write(f"image-tagger: {error}\n")
        sys.exit(EXIT_FAILED)
    if orders.replaces:
        _take_the_place(*orders.replaces)
    server.run(sockets=[socket.socket(fileno=number) for number in orders.listening])
    sys.exit(0 if server.started else EXIT_FAILED)


def _take_the_place(pid: int, status: int) -> None:
    log.error("a server process ended and is replaced", ended=pid, status=status)
    mark_process_dead(pid)  # type: ignore[no-untyped-call]  # it has no types


def _leave_with_crew(alive: int) -> None:
    os.read(alive, 1)  # nobody ever writes: this ends when the other end is closed
    os.kill(os.getpid(), signal.SIGTERM)
