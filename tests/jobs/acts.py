"""Handlers that an installed distribution of the tests brings."""

import asyncio
import os
import signal
from pathlib import Path
from types import SimpleNamespace

from image_tagger.domain.errors import InvalidMedia, Overloaded, RefusedMedia, UnreachableMedia
from image_tagger.domain.jobs import Item, Json, NewItem
from image_tagger.jobs.context import Context

ENTRY_POINTS = (
    "echo",
    "sleep",
    "fail",
    "flaky",
    "list_more",
    "until_cancelled",
    "die",
    "crash",
    "wait_for_file",
    "refuse",
)


async def _echo(item: Item, context: Context) -> Json:
    del context
    return {"echo": dict(item.payload), "attempt": item.attempt}


async def _sleep(item: Item, context: Context) -> Json:
    del context
    await asyncio.sleep(item.payload.get("seconds", 0.01))
    return {"square": item.number**2}


async def _fail(item: Item, context: Context) -> None:
    del item, context
    raise InvalidMedia("not an image or a video")


async def _refuse(item: Item, context: Context) -> None:
    del item, context
    raise RefusedMedia("its host is not public")


async def _flaky(item: Item, context: Context) -> Json:
    """Fails as often as the payload says."""
    del context
    if item.attempt <= item.payload["times"]:
        raise UnreachableMedia("the host does not answer") if item.number % 2 else Overloaded("too many")
    return {"attempt": item.attempt}


async def _list_more(item: Item, context: Context) -> Json:
    if "key" in item.payload:
        return {"key": item.payload["key"]}
    added = await context.add(NewItem({"key": key}, key=str(key)) for key in range(item.job.parameters["count"]))
    return {"added": added}


async def _until_cancelled(item: Item, context: Context) -> Json:
    del item
    await context.wait_cancelled()
    return {"cancelled": context.cancelled}


async def _die(item: Item, context: Context) -> None:
    del item, context
    os.kill(os.getpid(), signal.SIGKILL)


async def _crash(item: Item, context: Context) -> None:
    del item, context
    raise RuntimeError("a secret of the handler")


async def _wait_for_file(item: Item, context: Context) -> Json:
    del context
    while not Path(item.payload["file"]).exists():  # noqa: ASYNC110, ASYNC240 - another process makes it
        await asyncio.sleep(0.02)
    return {"number": item.number}


echo = SimpleNamespace(run=_echo)
sleep = SimpleNamespace(run=_sleep)
fail = SimpleNamespace(run=_fail)
flaky = SimpleNamespace(run=_flaky)
refuse = SimpleNamespace(run=_refuse)
list_more = SimpleNamespace(run=_list_more)
until_cancelled = SimpleNamespace(run=_until_cancelled)
die = SimpleNamespace(run=_die)
crash = SimpleNamespace(run=_crash)
wait_for_file = SimpleNamespace(run=_wait_for_file)
