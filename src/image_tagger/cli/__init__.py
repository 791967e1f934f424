"""The command line: `image-tagger serve | tag | models | doctor`."""

import sys

import typer

from image_tagger.cli import doctor, models, serve, tag
from image_tagger.cli.failure import EXIT_FAILED
from image_tagger.domain.errors import TaggerError

app = typer.Typer(
    name="image-tagger",
    help="Recognise what is in pictures, on your own machine.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("serve")(serve.serve)
app.command("tag")(tag.tag)
app.add_typer(models.app, name="models")
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run a command; an error of ours becomes one line on standard error and an exit status, never a stack trace."""
    try:
        app()
    except TaggerError as error:
        sys.stderr.write(f"image-tagger: {error}\n")
        sys.exit(EXIT_FAILED)
