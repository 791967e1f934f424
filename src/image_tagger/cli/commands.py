"""Every command under its name.

The modules of the commands hold their options only and import the rest of the product when they run, so that help and
mistakes show at once.
"""

import errno
import sys
from typing import Annotated

import typer

from image_tagger.cli import detect, doctor, duplicates, find, jobs, models, moderate, serve, sort, tag, untag, worker
from image_tagger.cli.failure import EXIT_FAILED
from image_tagger.domain.errors import TaggerError

app = typer.Typer(
    name="image-tagger",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain text: examples keep their lines, and programs can read the errors
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("serve")(serve.serve)
app.command("tag", help=tag.HELP)(tag.tag)
app.command("untag")(untag.untag)
app.command("sort")(sort.sort)
app.command("detect")(detect.detect)
app.command("duplicates")(duplicates.duplicates)
app.command("find")(find.find)
app.command("moderate")(moderate.moderate)
app.add_typer(models.app, name="models")
app.add_typer(jobs.app, name="jobs")
app.command("worker")(worker.worker)
app.command("doctor")(doctor.doctor)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - the only command that needs it

        typer.echo(f"image-tagger {version('image-tagger')}")
        raise typer.Exit


@app.callback()
def image_tagger(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Recognise what is in pictures, on your own machine.

    `image-tagger COMMAND --help` shows the options of a command, with examples.
    """
    del version  # its callback has answered


def run(arguments: list[str] | None = None) -> None:
    """Run a command, by default this process's own; always ends with SystemExit.

    An error of ours becomes one line on standard error and an exit status, never a stack trace.
    """
    try:
        app(arguments, prog_name="image-tagger")
    except TaggerError as error:
        sys.stderr.write(f"image-tagger: {error}\n")
        sys.exit(EXIT_FAILED)
    except OSError as error:  # of an answer's last lines; Typer writes them, and knows closed pipes only
        if error.errno != errno.ENOSPC:
            raise
        sys.stderr.write(f"image-tagger: the answer cannot be written: {error.strerror}\n")
        sys.exit(EXIT_FAILED)
