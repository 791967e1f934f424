"""`image-tagger untag`: the labels that `tag --xmp` wrote, out of the sidecars again."""

from typing import Annotated

import typer

from image_tagger.cli.failure import EXIT_FAILED, EXIT_INTERRUPTED

What = Annotated[list[str], typer.Argument(metavar="PATH", help="Pictures, films, folders.")]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Folders with all folders below them.")]


def untag(what: What, *, recursive: Recursive = False) -> None:
    """Take labels out of XMP sidecars that `tag --xmp` put there.

    What other programs have written stays as it is; a sidecar that holds nothing else goes. Pictures without a sidecar
    are passed over.

    What cannot be changed is reported on standard error and left as it is; the exit status is then 1.

    \b
    Examples:
      image-tagger untag photo.jpg
      image-tagger untag holiday/ --recursive
    """
    try:
        from image_tagger.cli import sidecars  # noqa: PLC0415 - help shows without what reads pictures

        failed = sidecars.untag_all(what, recursive=recursive)
    except KeyboardInterrupt:
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if failed:
        raise typer.Exit(EXIT_FAILED)
