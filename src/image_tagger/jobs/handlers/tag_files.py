"""Tags pictures: one item lists them, others are chunks of them; what a chunk cannot tag is tried by itself."""

from collections.abc import AsyncIterator
from typing import Any

from image_tagger.domain.errors import ShuttingDown, TaggerError
from image_tagger.domain.jobs import Item
from image_tagger.jobs import chunks, outcomes
from image_tagger.jobs.context import Context
from image_tagger.jobs.pictures import Pictures
from image_tagger.jobs.tagger import Tagged, Tagger
from image_tagger.jobs.tagging import Order

LAST_LISTING = 4  # attempts to list; from then on a crash must not keep the job from ending
CRASHED = 3  # the attempt at a chunk from which on its pictures are tried one by one: one of them may end the process


async def run(item: Item, context: Context) -> dict[str, Any]:
    """`results`: for each picture its labels, or None where it is tried by itself; `again`: how many were known.

    Of the listing, `closed`: folders that cannot be read. Raises what makes a single picture or the listing fail.
    """
    order = Order.of_json(item.job.parameters)
    if item.key == chunks.LISTING:
        return await _list(item, order, context)
    names, first = item.payload["names"], chunks.first_number(item)
    if item.key is None and item.attempt >= CRASHED:
        await context.add(chunks.single(name, first + place) for place, name in enumerate(names))
        return {"results": [None] * len(names), "again": 0}
    version = await context.services.resolver.version(order.model)
    answers = await Tagger(order, version, context.services).tag(names)
    failed = [place for place, answer in enumerate(answers) if isinstance(answer, TaggerError)]
    if failed and item.key is not None:
        raise _error(answers[0])
    if failed:
        await context.add(chunks.single(names[place], first + place) for place in failed)
    tagged = [answer if isinstance(answer, Tagged) else None for answer in answers]
    return {"results": [one and one.labels for one in tagged], "again": sum(one.again for one in tagged if one)}


def _error(answer: Tagged | TaggerError) -> TaggerError:
    return answer if isinstance(answer, TaggerError) else TaggerError("internal error")


async def _list(item: Item, order: Order, context: Context) -> dict[str, Any]:
    ledger, pictures = context.services.ledger, Pictures(order, context.services)
    if item.attempt >= LAST_LISTING:
        await ledger.end_listing(item.job.id)
    try:
        last = await context.services.database.read(outcomes.last_chunk, item.job.id)
        mark, first = (last.get("mark", ""), last["first"] + len(last["names"])) if last else ("", 0)
        await context.add(chunks.chunks_of(_until_cancelled(pictures.listed(mark), context), first, order.chunk))
    except ShuttingDown:  # it goes on, here or elsewhere
        raise
    except TaggerError:
        await ledger.end_listing(item.job.id)
        raise
    await ledger.end_listing(item.job.id)
    return {"closed": pictures.closed}


async def _until_cancelled(listed: AsyncIterator[tuple[str, str]], context: Context) -> AsyncIterator[tuple[str, str]]:
    async for one in listed:
        if context.cancelled:  # another may list by now: a chunk cut short here would stand among that one's
            raise ShuttingDown("the listing has been cancelled, or goes on elsewhere")
        yield one
