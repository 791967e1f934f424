"""One item through its handler, and what the handler's errors mean."""

import random
from collections.abc import Awaitable, Callable
from functools import cache

import structlog

from image_tagger import plugins
from image_tagger.domain.errors import (
    ModelUnavailable,
    Overloaded,
    RefusedMedia,
    ShuttingDown,
    StoreUnavailable,
    TaggerError,
    UnreachableMedia,
)
from image_tagger.domain.jobs import Failure, Item, Json, State
from image_tagger.jobs.context import Context
from image_tagger.jobs.ending import Outcome

HANDLERS = "image_tagger.jobs.handlers"
MAY_PASS = (Overloaded, UnreachableMedia, ModelUnavailable, StoreUnavailable)
FIRST_DELAY = 1.0  # seconds before the second attempt; twice as long before each further one
LONGEST_DELAY = 300.0

log = structlog.get_logger(__name__)


async def handle(item: Item, context: Context) -> Outcome:
    """What came of the item. Never raises but when it is cancelled."""
    try:
        result = await _handler(item.job.kind)(item, context)
    except ShuttingDown:
        return Outcome(item, State.WAITING)
    except TaggerError as error:
        return _failed(item, error)
    except Exception:  # a handler of a third party, or a fault of ours, must not end the worker
        log.exception("a job's handler failed for a reason nobody foresaw", kind=item.job.kind, job=item.job.id)
        return Outcome(item, State.FAILED, error=Failure("TaggerError", "internal error"))
    return Outcome(item, State.DONE, result)


@cache  # to look through what is installed takes longer than a small item
def _handler(kind: str) -> Callable[[Item, Context], Awaitable[Json | None]]:
    run: Callable[[Item, Context], Awaitable[Json | None]] = plugins.load(HANDLERS, kind).run
    return run


def _failed(item: Item, error: TaggerError) -> Outcome:
    failure = Failure(type(error).__name__, str(error))
    may_pass = isinstance(error, MAY_PASS) and not isinstance(error, RefusedMedia)
    if not may_pass or item.errors + 1 >= item.job.attempts:
        return Outcome(item, State.FAILED, error=failure)
    delay = min(FIRST_DELAY * 2.0**item.errors, LONGEST_DELAY)
    if isinstance(error, Overloaded):
        delay = max(delay, error.retry_after)
    spread = random.uniform(0.8, 1.2)  # noqa: S311 - so that many that failed together do not come back together
    return Outcome(item, State.WAITING, error=failure, delay=delay * spread)
