"""What `image-tagger find` does: page after page from the database to standard output."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from image_tagger.cli.output import standard_output
from image_tagger.cli.search_report import written
from image_tagger.domain.finding import read_search
from image_tagger.domain.results import LARGEST_PAGE, FoundPicture, Search
from image_tagger.jobs.office import Office
from image_tagger.jobs.rules import Rules
from image_tagger.models.labels import standard_taxonomy
from image_tagger.settings import Settings, read_settings
from image_tagger.store.results import Results

NOTHING = "nothing was found"
NO_RESULTS = (
    f"{NOTHING}: no results are recorded yet; `image-tagger tag FOLDER --output FILE` and bulk jobs record them"
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """As the options of the command."""

    least: float
    model: str
    limit: int | None


def find_all(query: str, wishes: Wishes, shape: str) -> None:
    """Write all that is found. Raises InvalidRequest for a query that is none, StoreUnavailable."""
    search = Search(read_search(query), wishes.least, wishes.model, min(wishes.limit or LARGEST_PAGE, LARGEST_PAGE))
    asyncio.run(_write(search, wishes.limit, shape, read_settings()))


async def _write(search: Search, limit: int | None, shape: str, settings: Settings) -> None:
    office = Office(settings.data_dir, settings.database_url.get_secret_value().strip(), Rules())
    count = 0
    try:
        with written(shape, standard_output()) as write:
            async with aclosing(_pages(office.results, search)) as found:
                async for picture in found:
                    write(picture)
                    count += 1
                    if count == limit:
                        break
        if not count:
            sys.stderr.write(f"image-tagger: {NO_RESULTS if await office.results.empty() else NOTHING}\n")
    finally:
        await office.close()


async def _pages(results: Results, search: Search) -> AsyncGenerator[FoundPicture, None]:
    while page := await results.search(search, standard_taxonomy().expand):
        for picture in page:
            yield picture
        if len(page) < search.limit:
            return
        search = replace(search, after=page[-1].id)
