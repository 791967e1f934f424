"""`image-tagger serve`: the HTTP server."""

import os
import socket
import sys
from typing import Annotated, Any

import typer

from image_tagger.cli.failure import EXIT_FAILED
from image_tagger.domain.errors import InvalidRequest
from image_tagger.settings import Settings, read_settings

DEFAULT_PORT = 8000
BACKLOG = 2048

PortOption = Annotated[
    list[int] | None,
    typer.Option("--port", "-p", min=0, max=65535, help="Port to listen on; may be given several times. Else `PORT`."),
]
HostOption = Annotated[str | None, typer.Option(help="Address to listen on; `0.0.0.0` opens it to the network.")]
ModelOption = Annotated[str | None, typer.Option(help="Model used where a request names none.")]
PrivateOption = Annotated[
    bool | None, typer.Option("--allow-private-urls", help="Let URLs point at loopback and private addresses.")
]


def serve(
    port: PortOption = None, host: HostOption = None, model: ModelOption = None, allow_private: PrivateOption = None
) -> None:
    """Serve every dialect over HTTP until Ctrl-C or SIGTERM; requests in flight are finished first.

    Examples:

        image-tagger serve

        image-tagger serve --host 0.0.0.0 --port 8000 --port 5011

        PORT=8080 IMAGE_TAGGER_LOG_FORMAT=json image-tagger serve

    Every setting is an environment variable `IMAGE_TAGGER_*` or a line of the file that `IMAGE_TAGGER_CONFIG` names.
    """
    from image_tagger.api.logs import configure_logs  # here, so that other commands start without the web framework

    given: dict[str, Any] = {"host": host, "default_model": model, "allow_private_urls": allow_private}
    settings = read_settings(**{name: value for name, value in given.items() if value is not None})
    configure_logs(settings)
    listening = [_listen(settings.host, number) for number in port or [_default_port()]]
    _run(settings, listening)


def _run(settings: Settings, listening: list[socket.socket]) -> None:
    import uvicorn

    from image_tagger.api.app import create_app

    config = uvicorn.Config(
        create_app(settings),
        log_config=None,
        access_log=False,  # the request log says more
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )
    for open_socket in listening:
        address, number = open_socket.getsockname()[:2]
        shown = f"[{address}]" if ":" in address else address
        sys.stderr.write(f"Image Tagger listens on http://{shown}:{number} (API pages: /docs)\n")
    server = uvicorn.Server(config)
    server.run(sockets=listening)
    if not server.started:
        raise typer.Exit(EXIT_FAILED)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not an address of this machine"
        raise InvalidRequest(f"cannot listen on {host} port {port}: {reason}") from error


def _default_port() -> int:
    given = os.environ.get("PORT") or str(DEFAULT_PORT)
    if not given.isdecimal() or int(given) > 65535:
        raise InvalidRequest(f"PORT must be a number in 0..65535, not {given!r}")
    return int(given)
