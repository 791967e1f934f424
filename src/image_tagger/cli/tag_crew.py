"""The other processes that tag a folder beside the command: started, replaced when they end, and told to leave."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from image_tagger.cli.signals import deaf_to_ctrl_c
from image_tagger.cli.tag_orders import TagOrders

REPLACED = 3  # times that each may end and be replaced: what ends them may be the place and not a picture
LOOK = 0.5  # seconds between looks whether all are there
LEAVING = 20.0  # seconds for what is in hand


@asynccontextmanager
async def beside(orders: TagOrders) -> AsyncIterator[None]:
    """All processes but this one work until the end of the context, or until this process ends, however it ends."""
    alive, held = os.pipe()  # nothing is ever written
    try:
        async with _all_kept(orders, alive):
            yield
    finally:
        os.close(held)
        os.close(alive)


@asynccontextmanager
async def _all_kept(orders: TagOrders, alive: int) -> AsyncIterator[None]:
    members = list[subprocess.Popen[bytes]]()
    with suppress(OSError):  # the system gives no more: then with fewer
        for _ in range(orders.processes - 1):
            members.append(_started(orders, alive))
    keeping = asyncio.create_task(_keep(members, orders, alive))
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        for member in members:
            member.terminate()
        await asyncio.gather(*(asyncio.to_thread(_end, member) for member in members))


def _started(orders: TagOrders, alive: int) -> subprocess.Popen[bytes]:
    with deaf_to_ctrl_c():
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "image_tagger.cli.tag_member", orders.text(alive)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[alive],
        )


async def _keep(members: list[subprocess.Popen[bytes]], orders: TagOrders, alive: int) -> None:
    left = REPLACED * len(members)
    while left:
        await asyncio.sleep(LOOK)
        for place, member in enumerate(members):
            if left and member.poll() is not None:
                left -= 1
                with suppress(OSError):  # the same
                    members[place] = _started(orders, alive)


def _end(member: subprocess.Popen[bytes]) -> None:
    with suppress(subprocess.TimeoutExpired):
        member.wait(LEAVING)
    member.kill()
    member.wait()
