"""What `image-tagger serve` does: settings, sockets, and one process or several behind them."""

import gc
import os
import signal
import socket
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any, NoReturn

from image_tagger.cli.orders import CrewOrders
from image_tagger.domain.errors import InvalidRequest
from image_tagger.settings import Settings, read_settings

DEFAULT_PORT = 8000
BACKLOG = 2048


def serve(ports: list[int], given: Mapping[str, Any]) -> bool:
    """Serve until a signal comes; answer whether the server had started at all.

    Raises InvalidRequest for wrong settings and for an address that cannot be had, UnknownModel, InvalidModel.
    """
    signal.signal(signal.SIGTERM, _leave)  # the first process of a container is deaf to signals it has no handler for
    settings = read_settings(**given)
    listening = [_listen(settings.host, number) for number in ports or [_default_port()]]
    if settings.processes_used > 1:
        _become_crew(CrewOrders(settings.processes_used, dict(given), [one.fileno() for one in listening]))
    return _serve(settings, listening)


def _serve(settings: Settings, listening: list[socket.socket]) -> bool:
    gc.disable()  # until the server has started: nearly all that is made before stays
    from image_tagger.api.logs import configure_logs
    from image_tagger.cli.member import Server, announce

    configure_logs(settings)
    server = Server(settings)
    announce(listening)
    server.run(sockets=listening)
    return server.started


def _become_crew(orders: CrewOrders) -> NoReturn:
    """The same process with another program, which takes a tenth of the memory that this one has grown to."""
    for number in orders.listening:
        os.set_inheritable(number, True)
    os.execv(sys.executable, [sys.executable, "-m", "image_tagger.cli.crew", orders.text()])  # noqa: S606 - our own program


def _leave(sig: int, frame: FrameType | None) -> None:
    """The end before the server has started."""
    del sig, frame
    sys.exit(0)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, TypeError, UnicodeError) as error:  # the latter two for a name that no host can have
        reason = (isinstance(error, OSError) and error.strerror) or "not an address of this machine"
        reason = reason.partition(" (while")[0]  # Python adds the address, which is named here already
        raise InvalidRequest(f"cannot listen on {host} port {port}: {reason}") from error


def _default_port() -> int:
    given = os.environ.get("PORT") or str(DEFAULT_PORT)
    if not given.isdecimal() or int(given) > 65535:
        raise InvalidRequest(f"PORT must be a number in 0..65535, not {given!r}")
    return int(given)
