"""`image-tagger find`: pictures among what was recognised earlier."""

from typing import Annotated

import typer

from image_tagger.cli.failure import EXIT_INTERRUPTED
from image_tagger.domain.results import LEAST

Query = Annotated[str, typer.Argument(metavar="QUERY", help="Labels, joined by `and`, `or`, `not` and brackets.")]
Min = Annotated[float, typer.Option("--min", min=0, max=1, help="Score from which a label counts.")]
Model = Annotated[str, typer.Option("--model", "-m", help="Only labels of this model.")]
Limit = Annotated[int | None, typer.Option("--limit", "-n", min=1, help="At most this many pictures.")]
Paths = Annotated[bool, typer.Option("--paths", help="Only the paths, for other programs.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON array.")]


def find(  # noqa: PLR0913 - a command's options are its parameters
    query: Query,
    *,
    least: Min = LEAST,
    model: Model = "",
    limit: Limit = None,
    paths: Paths = False,
    as_json: Json = False,
) -> None:
    """Find pictures by what is on them, among recorded results.

    Results are recorded by `image-tagger tag FOLDER --output FILE`, and by the bulk jobs of a server.

    A label finds its synonyms and every kind of it: `dog` finds a golden retriever. `not` binds before `and`, `and`
    before `or`. Quotes make a label of anything: `"crane (bird)"`. Pictures are listed in the order in which they were
    first recorded.

    \b
    Examples:
      image-tagger find dog
      image-tagger find "dog and not beach" --min 0.5
      image-tagger find "(cat or dog) and sofa" --paths --limit 20
      image-tagger find 'not vehicle' --json > found.json
    """
    if paths and as_json:
        raise typer.BadParameter("choose one of --paths and --json")
    try:
        from image_tagger.cli import search_report, searching  # noqa: PLC0415 - help shows without the database

        shape = search_report.JSON if as_json else search_report.PATHS if paths else search_report.TEXT
        searching.find_all(query, searching.Wishes(least, model, limit), shape)
    except KeyboardInterrupt:
        raise typer.Exit(EXIT_INTERRUPTED) from None
