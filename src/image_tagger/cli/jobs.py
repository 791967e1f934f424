"""`image-tagger jobs`: what the ledger knows of the work that outlives requests."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)

LARGEST = 2**63 - 1  # number that a database has
Id = Annotated[
    int,
    typer.Argument(
        min=1, max=LARGEST, metavar="JOB", help="The number of a job, as `image-tagger jobs list` shows it."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="JSON.")]
Most = Annotated[int, typer.Option("--limit", "-n", min=1, max=LARGEST, help="Most jobs, or items, that are shown.")]


@app.callback()
def jobs() -> None:
    """Look at jobs, cancel them, try them again."""


@app.command("list")
def list_jobs(*, limit: Most = 20, as_json: Json = False) -> None:
    """List the latest jobs.

    \b
    Examples:
      image-tagger jobs list
      image-tagger jobs list --limit 1000 --json
    """
    from image_tagger.cli.job_tables import print_list  # noqa: PLC0415 - help shows without it

    print_list(limit, as_json=as_json)


@app.command("show")
def show_job(job: Id, *, limit: Most = 20, as_json: Json = False) -> None:
    """Show a job and the items of it that failed.

    \b
    Examples:
      image-tagger jobs show 382439754939402
      image-tagger jobs show 382439754939402 --json
    """
    from image_tagger.cli.job_tables import print_one  # noqa: PLC0415 - help shows without it

    print_one(job, limit, as_json=as_json)


@app.command("cancel")
def cancel_job(job: Id) -> None:
    """Cancel a job: items that have begun are finished, no other begins.

    \b
    Example:
      image-tagger jobs cancel 382439754939402
    """
    from image_tagger.cli.job_tables import cancel  # noqa: PLC0415 - help shows without it

    typer.echo(cancel(job))


@app.command("retry")
def retry_job(job: Id) -> None:
    """Try the items of a job again that failed.

    \b
    Example:
      image-tagger jobs retry 382439754939402
    """
    from image_tagger.cli.job_tables import retry  # noqa: PLC0415 - help shows without it

    typer.echo(retry(job))
