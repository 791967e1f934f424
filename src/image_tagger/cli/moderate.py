"""`image-tagger moderate`: whether pictures and films may be shown, by a policy."""

from pathlib import Path
from typing import Annotated

import typer

from image_tagger.cli.failure import EXIT_FAILED, EXIT_INTERRUPTED
from image_tagger.cli.frames import Every, Frames, sampling_of

EXIT_REVIEW = 3
EXIT_BLOCK = 4

What = Annotated[
    list[str],
    typer.Argument(metavar="PATH", help="Files, folders, URLs; `-` reads one file from standard input."),
]
PolicyFile = Annotated[
    Path | None,
    typer.Option("--policy", exists=True, dir_okay=False, readable=True, metavar="FILE", help="Policy in TOML."),
]
Model = Annotated[str, typer.Option("--model", "-m", help="Model or alias; wins over the policy's.")]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Folders with all folders below them.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON array.")]


def moderate(  # noqa: PLR0913 - a command's options are its parameters
    what: What,
    *,
    policy: PolicyFile = None,
    model: Model = "",
    recursive: Recursive = False,
    every: Every = "",
    frames: Frames = "",
    as_json: Json = False,
) -> None:
    """Judge pictures and films by a policy: allow, review or block.

    A policy says which labels matter, from which probability and for how long. Without one, what is not safe for work
    goes to review or is blocked, as the model Falconsai/nsfw_image_detection sees it.

    Exit status: 0 everything is allowed; 3 something has to be reviewed; 4 something is blocked; 1 something cannot be
    judged, and nothing is blocked.

    \b
    Examples:
      image-tagger moderate upload.mp4 --policy policy.toml
      image-tagger moderate uploads/ --recursive --json > verdicts.json
      image-tagger moderate film.mkv --every 500ms || mv film.mkv quarantine/
    """
    sampling = sampling_of(every, frames)
    try:
        from image_tagger.cli import moderating  # noqa: PLC0415 - help shows without the engine

        asked = moderating.Asked(policy, model, sampling)
        counts = moderating.judge_all(what, asked, recursive=recursive, as_json=as_json)
    except KeyboardInterrupt:
        raise typer.Exit(EXIT_INTERRUPTED) from None
    statuses = ((counts.blocked, EXIT_BLOCK), (counts.failed, EXIT_FAILED), (counts.to_review, EXIT_REVIEW))
    raise typer.Exit(next((status for count, status in statuses if count), 0))
