"""`image-tagger doctor`: what is installed, what works, whether the model gives its golden answers."""

import typer

from image_tagger.cli.failure import EXIT_FAILED


def doctor() -> None:
    """Check this installation.

    Looks at libraries, picture formats, settings, data folder, and whether every model gives its golden answers.
    Ends with status 1 where something is wrong.

    \b
    Example:
      image-tagger doctor
    """
    from image_tagger.cli.findings import findings  # noqa: PLC0415 - help shows without what it looks at

    sound = True
    for finding in findings():
        sound = sound and finding.good
        mark = typer.style("ok ", fg="green") if finding.good else typer.style("BAD", fg="red")
        typer.echo(f"{mark} {finding.name:<18} {finding.text}")
    if not sound:
        raise typer.Exit(EXIT_FAILED)
