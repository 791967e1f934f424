"""The options that say which frames of a film are looked at."""

from typing import Annotated

import typer

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.frames import Sampling
from image_tagger.domain.sampling import read_every, read_frames

Every = Annotated[
    str,
    typer.Option("--every", metavar="STEP", help="Of films, a frame every 1s, 500ms or 25f (frames)."),
]
Frames = Annotated[
    str,
    typer.Option("--frames", metavar="WHICH", help="Of films: all, key, scenes, or how many, evenly spread."),
]


def sampling_of(every: str, frames: str) -> Sampling | None:
    """What the options say, None where they are not given. Raises BadParameter."""
    if every and frames:
        raise typer.BadParameter("choose one of --every and --frames")
    try:
        return read_every(every) if every else read_frames(frames) if frames else None
    except InvalidRequest as error:
        raise typer.BadParameter(str(error)) from error
