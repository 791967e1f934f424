"""`image-tagger duplicates`: which pictures of a folder are there more than once, or look alike."""

from pathlib import Path
from typing import Annotated

import typer

from image_tagger.cli.failure import EXIT_FAILED, EXIT_INTERRUPTED

MOST_NEAR = 11  # as `media.neighbours` says; help shows without it
NEAR = 4  # what scaling, another format or a lower quality rarely exceed

Folder = Annotated[Path, typer.Argument(exists=True, file_okay=False, metavar="FOLDER", help="With all folders below.")]
Near = Annotated[
    int,
    typer.Option(
        "--near", min=0, max=MOST_NEAR, metavar="N", help="How many of 64 bits may differ in what looks alike."
    ),
]
Exact = Annotated[bool, typer.Option("--exact", help="Only files of the same bytes; nothing is decoded.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def duplicates(folder: Folder, *, near: Near = NEAR, exact: Exact = False, as_json: Json = False) -> None:
    """List files of the same bytes and pictures that look alike.

    Nothing is deleted. What looks alike, the same photo in another size, format or quality, is told by a fingerprint
    of 64 bits; of two other photos' about 32 differ. Of files of the same bytes the first one is compared. Films are
    compared by their bytes only, pictures of one plain colour, too.

    What cannot be read is reported on standard error; the exit status is then 1.

    \b
    Examples:
      image-tagger duplicates photos/
      image-tagger duplicates photos/ --exact
      image-tagger duplicates photos/ --near 8 --json > alike.json
    """
    try:
        from image_tagger.cli import comparing  # noqa: PLC0415 - help shows without what decodes

        failed = comparing.compare_all(folder, None if exact else near, as_json=as_json)
    except KeyboardInterrupt:
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if failed:
        raise typer.Exit(EXIT_FAILED)
