"""Sorts the files of a folder into folders of their classes. The first item lists it; each other one is a file."""

import asyncio
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from image_tagger.domain.errors import InvalidMedia, TaggerError
from image_tagger.domain.jobs import Item, Json, NewItem
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.queries import Query, Upload
from image_tagger.domain.sorting import Rule, Sorter
from image_tagger.domain.specs import Version
from image_tagger.jobs.context import Context
from image_tagger.jobs.filing import Filing
from image_tagger.jobs.sorting import Order
from image_tagger.media.moving import Folder, in_our_words
from image_tagger.models.labels import standard_taxonomy

LAST_LISTING = 4  # attempts to list a folder; from then on a crash must not keep the job from ending
EXCLUSIVE = "classification"  # the postprocessing of labels of which one at most is true


async def run(item: Item, context: Context) -> Json | None:
    """List the folder, or sort one file of it. A file's answer is its class and its name there, or that it is gone.

    Raises InvalidMedia for a file that cannot be read and TaggerError for one that cannot be moved; it stays then.
    """
    order = Order.of_json(item.job.parameters)
    if "file" in item.payload:
        return await _sort(order, item.payload["file"], context)
    return {"files": await _list(item, order, context)}


async def _list(item: Item, order: Order, context: Context) -> int:
    end_listing = context.services.ledger.end_listing
    if item.attempt >= LAST_LISTING:
        await end_listing(item.job.id)
    try:
        files = await asyncio.to_thread(files_of, order)
        count = await context.add(NewItem({"file": file}, quote(os.fsencode(file))) for file in files)
    except TaggerError:
        await end_listing(item.job.id)
        raise
    await end_listing(item.job.id)
    return count


async def _sort(order: Order, file: str, context: Context) -> Json:
    if not await asyncio.to_thread(_is_there, order, file):
        return await asyncio.to_thread(_gone, order, file)
    query = Query(Upload(order.source / file), order.model, order.rule.selection)
    try:
        predictions = (await context.services.recognizer.first(query)).predictions
    except InvalidMedia:
        if await asyncio.to_thread(_is_there, order, file):
            raise
        return await asyncio.to_thread(_gone, order, file)
    sorter = sorter_of(order.rule, await context.services.resolver.version(order.model))
    return await asyncio.to_thread(_put, order, file, sorter, predictions)


def sorter_of(rule: Rule, version: Version) -> Sorter:
    """A rule at work on the labels of a version; what it finds out about labels, it keeps."""
    return _sorter(rule, version.spec.postprocessing == EXCLUSIVE)


def files_of(order: Order) -> list[str]:
    """The files that are meant, in the order of their names. A folder that is not there is an empty one. Blocks."""
    try:
        with in_our_words("listed"), Folder.open(order.source) as folder:
            names = sorted(folder.files())
    except TaggerError:
        if not order.source.exists():
            return []
        raise
    return [name for name in names if _is_meant(order, name)]


@lru_cache(16)
def _sorter(rule: Rule, exclusive: bool) -> Sorter:
    return Sorter(rule, lambda one, label: standard_taxonomy().distance(one, label), exclusive=exclusive)


def _is_meant(order: Order, name: str) -> bool:
    return not order.suffixes or (not name.startswith(".") and Path(name).suffix.lower() in order.suffixes)


def _is_there(order: Order, file: str) -> bool:
    with in_our_words("sorted"), Folder.open(order.source) as source:
        return source.status_or_none(file) is not None


def _gone(order: Order, file: str) -> Json:
    """Of a file that is not there: somebody has taken it, or this job, whose worker ended before it could say so."""
    with Filing.opened(order, file) as filing:
        return filing.finish() or {"gone": True}


def _put(order: Order, file: str, sorter: Sorter, predictions: Iterable[Prediction]) -> Json:
    """Put a file into the folder of its class, if it has one."""
    one = sorter.class_of(predictions)
    if one is None:
        return {"class": None}
    with Filing.opened(order, file) as filing:
        return filing.put(one) or filing.finish() or {"gone": True}
