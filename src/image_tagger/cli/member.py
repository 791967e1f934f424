"""The web server of one process; as a program, one member of a crew: `python -m image_tagger.cli.member ORDERS`."""

import os
import signal
import socket
import sys
import threading
from pathlib import Path
from types import FrameType

import uvicorn

from image_tagger.api.app import create_app
from image_tagger.api.logs import configure_logs
from image_tagger.cli.failure import EXIT_FAILED
from image_tagger.cli.orders import Orders
from image_tagger.domain.errors import TaggerError
from image_tagger.settings import Settings, read_settings


class Server(uvicorn.Server):
    """A web server that ends with status 0 when a signal asks it to, and at once when a second one does."""

    def __init__(self, settings: Settings, shared: Path | None = None) -> None:
        config = uvicorn.Config(
            create_app(settings, shared),
            log_config=None,
            access_log=False,  # the request log says more
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=settings.shutdown_seconds,
        )
        super().__init__(config)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Finish what is in flight; the second signal finishes nothing."""
        del sig, frame
        self.force_exit = self.should_exit
        self.should_exit = True


class Member(Server):
    """A server that tells its crew when it serves, and ends at once only when its crew ends it."""

    def __init__(self, settings: Settings, orders: Orders) -> None:
        super().__init__(settings, Path(orders.shared))
        self._orders = orders

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.started:
            os.write(self._orders.ready, b"!")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Finish what is in flight, however often asked: a terminal and a service manager tell every process."""
        del sig, frame
        self.should_exit = True


def main() -> None:
    """Serve until told otherwise; ends with SystemExit. An error of ours is one line on standard error."""
    orders = Orders.read(sys.argv[1])
    settings = read_settings(**orders.given)
    configure_logs(settings)
    try:
        server = Member(settings, orders)
    except TaggerError as error:
        sys.stderr.write(f"image-tagger: {error}\n")
        sys.exit(EXIT_FAILED)
    threading.Thread(target=_leave_with_crew, args=[orders.alive], daemon=True).start()
    server.run(sockets=[socket.socket(fileno=number) for number in orders.listening])
    sys.exit(0 if server.started else EXIT_FAILED)


def _leave_with_crew(alive: int) -> None:
    os.read(alive, 1)  # nobody ever writes: this ends when the other end is closed
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
