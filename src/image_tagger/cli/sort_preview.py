"""What `image-tagger sort --dry-run` shows: for every picture, where it would go and why."""

import asyncio
import os
import sys
from collections import Counter
from contextlib import aclosing

from rich.console import Console
from rich.table import Table
from rich.text import Text

from image_tagger.cli.job_progress import JobProgress
from image_tagger.cli.looking import roomy
from image_tagger.cli.model_paths import with_model
from image_tagger.cli.output import standard_output, visible, writing
from image_tagger.cli.sorting import Asked, check
from image_tagger.domain.errors import InvalidRequest, TaggerError
from image_tagger.domain.predictions import FrameResult
from image_tagger.domain.queries import Query, Upload
from image_tagger.jobs.handlers.sort_folder import files_of, sorter_of
from image_tagger.jobs.sorting import Order
from image_tagger.media.moving import candidates
from image_tagger.services import Services, wire
from image_tagger.settings import read_settings

SHOWN = 3  # labels of a picture
PIPED = 200  # characters of a line where nobody says how many fit


def preview(asked: Asked) -> int:
    """Show what a sort would do; answer how many files cannot be read. Raises as `sort_all`."""
    order = asked.order
    settings, model = with_model(roomy(read_settings()), order.model)
    return asyncio.run(_preview(wire(settings), order, model))


async def _preview(services: Services, order: Order, model: str) -> int:
    async with services:
        await check(services, order, model)
        sorter = sorter_of(order.rule, await services.resolver.version(model))
        files = files_of(order)
        if not files:
            raise InvalidRequest("there are no pictures in the folder")
        table, counts, failed = Table("file", "goes to", "labels", box=None), Counter[str](), 0
        queries = (Query(Upload(order.source / file), model, order.rule.selection) for file in files)
        taken = set[str]()
        async with aclosing(services.recognizer.each(queries)) as results:
            with JobProgress("looking") as progress:
                for number, file in enumerate(files, 1):
                    result = await anext(results)
                    progress.show(number, len(files))
                    if isinstance(result, TaggerError):
                        failed += 1
                        sys.stderr.write(f"image-tagger: {visible(file)}: {result}\n")
                        continue
                    one = sorter.class_of(result.predictions)
                    counts[one or ""] += 1
                    goes = _goes_to(order, one, file, taken) if one else "-"
                    table.add_row(Text(visible(file)), Text(visible(goes)), Text(_labels(result)))
    _show(table, order, counts)
    return failed


def _goes_to(order: Order, one: str, file: str, taken: set[str]) -> str:
    for name in candidates(file):
        goes = f"{one}/{name}"
        if goes not in taken and not os.path.lexists(order.into / one / name):
            taken.add(goes)
            return goes
    return "-"


def _labels(result: FrameResult) -> str:
    return ", ".join(f"{p.label} {p.score:.0%}" for p in result.predictions[:SHOWN])


def _show(table: Table, order: Order, counts: Counter[str]) -> None:
    to = standard_output()
    console = Console(file=to, width=None if to.isatty() else PIPED)
    with writing():
        console.print(table)
        for one in order.rule.classes:
            console.print(f"{visible(one)}: {counts[one]}", markup=False, highlight=False)
        console.print(f"(of no class): {counts['']}", markup=False, highlight=False)
