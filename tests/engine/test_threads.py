"""Blocking work off the event loop."""

import asyncio
import os
import sys
import threading
import time

import pytest

from image_tagger.domain.errors import ShuttingDown
from image_tagger.engine.threads import Threads


async def test_the_event_loop_goes_on_while_a_thread_blocks() -> None:
    threads = Threads(1)
    go_on = threading.Event()
    blocked = asyncio.create_task(threads.run(go_on.wait, 5))
    await asyncio.sleep(0)
    go_on.set()  # reached only because the loop was not blocked
    assert await blocked
    threads.close()


async def test_work_that_was_cancelled_before_it_began_never_begins() -> None:
    threads = Threads(1)
    go_on, begun = threading.Event(), threading.Event()
    first = asyncio.create_task(threads.run(go_on.wait, 5))
    second = asyncio.create_task(threads.run(begun.set))
    await asyncio.sleep(0.01)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    go_on.set()
    assert await first
    await threads.run(time.sleep, 0)
    assert not begun.is_set()
    threads.close()


async def test_an_error_in_a_thread_reaches_the_caller() -> None:
    threads = Threads(1)
    with pytest.raises(ZeroDivisionError):
        await threads.run(divmod, 1, 0)
    threads.close()


async def test_after_the_end_the_caller_is_told() -> None:
    threads = Threads(1)
    threads.close()
    with pytest.raises(ShuttingDown):
        await threads.run(time.sleep, 0)
    with pytest.raises(ShuttingDown):
        threads.start(time.sleep, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such a policy")
async def test_an_event_loop_gives_way_to_the_threads_and_to_nothing_else() -> None:
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))  # encoding AVIF leaves another, where that is allowed
    threads = Threads(1)
    threads.give_way()
    assert os.sched_getscheduler(0) == os.SCHED_BATCH
    assert await threads.run(os.sched_getscheduler, 0) == os.SCHED_OTHER
    threads.as_before()
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
    threads.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such a policy")
async def test_a_policy_that_the_operator_chose_stays() -> None:
    def give_way() -> tuple[int, int]:  # in a thread of its own: nobody may leave this policy for the usual one again
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        threads = Threads(1)
        threads.give_way()
        threads.as_before()
        return os.sched_getscheduler(0), threads._pool.submit(os.sched_getscheduler, 0).result()

    assert await asyncio.to_thread(give_way) == (os.SCHED_IDLE, os.SCHED_IDLE)
