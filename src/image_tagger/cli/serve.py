"""`image-tagger serve`: the HTTP server."""

from typing import Annotated, Any

import typer

from image_tagger.cli.failure import EXIT_FAILED

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
    """Serve every dialect over HTTP.

    Ctrl-C and SIGTERM end it; requests in flight are finished first.

    \b
    Examples:
      image-tagger serve
      image-tagger serve --host 0.0.0.0 --port 8000 --port 5011
      PORT=8080 IMAGE_TAGGER_LOG_FORMAT=json image-tagger serve

    Every setting is an environment variable `IMAGE_TAGGER_*` or a line of the file that `IMAGE_TAGGER_CONFIG` names.
    """
    from image_tagger.cli import serving

    given: dict[str, Any] = {"host": host, "default_model": model, "allow_private_urls": allow_private}
    started = serving.serve(port or [], {name: value for name, value in given.items() if value is not None})
    if not started:
        raise typer.Exit(EXIT_FAILED)
