"""`image-tagger tag`: what is on pictures, in folders, at URLs."""

import asyncio
import sys
from typing import Annotated

import typer

from image_tagger.cli.failure import EXIT_FAILED, EXIT_INTERRUPTED
from image_tagger.cli.pictures import Picture, find_pictures
from image_tagger.cli.progress import Progress
from image_tagger.cli.report import Format, Report
from image_tagger.domain.errors import InvalidRequest, TaggerError
from image_tagger.domain.queries import Query
from image_tagger.domain.selection import Selection
from image_tagger.services import Services, wire
from image_tagger.settings import read_settings

What = Annotated[
    list[str], typer.Argument(metavar="PATH|FOLDER|URL|-...", help="`-` reads one picture from standard input.")
]
Top = Annotated[int, typer.Option("--top", "-n", min=1, help="At most this many labels per picture.")]
MinConfidence = Annotated[
    float, typer.Option("--min-confidence", "-c", min=0, max=1, help="Only labels at least this probable.")
]
Model = Annotated[str, typer.Option("--model", "-m", help="Model or alias; see `image-tagger models list`.")]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Folders with all folders below them.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON array.")]
Jsonl = Annotated[bool, typer.Option("--jsonl", help="One JSON object per picture and line, as they come.")]
Csv = Annotated[bool, typer.Option("--csv", help="One row per label: picture, rank, label, confidence, error.")]


def tag(  # noqa: PLR0913 - a command's options are its parameters
    what: What,
    *,
    top: Top = 5,
    min_confidence: MinConfidence = 0.0,
    model: Model = "",
    recursive: Recursive = False,
    as_json: Json = False,
    as_jsonl: Jsonl = False,
    as_csv: Csv = False,
) -> None:
    """Name what is on pictures, the most probable label first.

    A picture that cannot be read is reported on standard error and skipped; the exit status is then 1.

    Examples:

        image-tagger tag photo.jpg

        image-tagger tag holiday/ --recursive --min-confidence 0.3 --csv > labels.csv

        image-tagger tag https://example.org/cat.jpg --top 1 --json

        cat photo.heic | image-tagger tag -
    """
    chosen = [
        form for form, wanted in ((Format.JSON, as_json), (Format.JSONL, as_jsonl), (Format.CSV, as_csv)) if wanted
    ]
    if len(chosen) > 1:
        raise typer.BadParameter("choose one of --json, --jsonl and --csv")
    report = Report(chosen[0] if chosen else Format.TEXT, sys.stdout)
    settings = read_settings()
    services = wire(settings)
    services.catalog.version(model)  # a wrong name is one error, not one per picture
    pictures = find_pictures(what, recursive=recursive, limit=settings.max_media_bytes)
    if not pictures:
        raise InvalidRequest("there are no pictures in what was named")
    try:
        failed = asyncio.run(_tag(services, pictures, report, model, Selection(top=top, min_score=min_confidence)))
    except KeyboardInterrupt:
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if failed:
        raise typer.Exit(EXIT_FAILED)


async def _tag(services: Services, pictures: list[Picture], report: Report, model: str, selection: Selection) -> int:
    """Answer how many pictures could not be tagged."""
    failed = 0
    queries = (Query(picture.media, model, selection) for picture in pictures)
    async with services:
        with report, Progress(len(pictures)) as progress:
            number = 0
            async for result in services.recognizer.each(queries):
                picture = pictures[number]
                number += 1
                if isinstance(result, TaggerError):
                    failed += 1
                    progress.say(f"image-tagger: {picture.name}: {result}")
                report.add(picture.name, result)
                progress.advance()
    return failed
