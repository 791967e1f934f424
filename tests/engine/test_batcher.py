"""Many callers' items in few turns, each caller with its own answer or its own error."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest

from image_tagger.domain.errors import ShuttingDown
from image_tagger.engine.batcher import Batcher, Tensor, best_size
from image_tagger.engine.threads import Threads

LONG = 5.0  # seconds; reached only when something hangs


class Doubling:
    """Doubles numbers, refuses negative ones, and remembers its turns."""

    def __init__(self, *, hold: threading.Event | None = None, crowd: int = 1) -> None:
        self.turns: list[int] = []
        self.begun = threading.Event()
        self.at_once = 0
        self.most_at_once = 0
        self._hold = hold
        self._crowd = crowd  # so many turns at a time have `begun`
        self._lock = threading.Lock()

    def work(self, numbers: Sequence[int]) -> list[int | Exception]:
        with self._lock:
            self.turns.append(len(numbers))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            if self.at_once == self._crowd:
                self.begun.set()
        if self._hold is not None:
            assert self._hold.wait(LONG)
        with self._lock:
            self.at_once -= 1
        return [2 * number if number >= 0 else ValueError("negative") for number in numbers]


@pytest.fixture
async def threads() -> AsyncIterator[Threads]:
    some = Threads(2)
    yield some
    await asyncio.to_thread(some.close)


async def asked(batcher: Batcher[int, int], numbers: Sequence[int]) -> list[asyncio.Task[int]]:
    """Tasks that wait for their answers already."""
    tasks = [asyncio.create_task(batcher.answer(number)) for number in numbers]
    await asyncio.sleep(0)
    return tasks


@pytest.mark.parametrize("size", [1, 2, 5, 100])
@pytest.mark.parametrize("parallel", [1, 2])
async def test_everyone_gets_their_own_answer(threads: Threads, size: int, parallel: int) -> None:
    doubling = Doubling()
    batcher = Batcher(doubling.work, threads, size=size, parallel=parallel)
    assert await asyncio.gather(*map(batcher.answer, range(200))) == [2 * n for n in range(200)]
    assert max(doubling.turns) <= size
    assert sum(doubling.turns) == 200
    assert doubling.most_at_once <= parallel


async def test_callers_that_wait_are_taken_together(threads: Threads) -> None:
    hold = threading.Event()
    doubling = Doubling(hold=hold)
    batcher = Batcher(doubling.work, threads, size=4, parallel=1)
    first = await asked(batcher, [0])
    await asyncio.to_thread(doubling.begun.wait, LONG)
    others = await asked(batcher, range(8))
    hold.set()
    assert await asyncio.gather(*first, *others) == [0, *(2 * n for n in range(8))]
    assert doubling.turns == [1, 4, 4]


async def test_quick_items_are_taken_together_beyond_the_size(threads: Threads) -> None:
    hold = threading.Event()
    doubling = Doubling(hold=hold)
    batcher = Batcher(doubling.work, threads, size=1, parallel=1, seconds=LONG)
    hold.set()
    assert await batcher.answer(7) == 14  # at once, so many more would fit into the time
    hold.clear()
    doubling.begun.clear()
    first = await asked(batcher, [0])
    await asyncio.to_thread(doubling.begun.wait, LONG)
    others = await asked(batcher, range(8))
    hold.set()
    await asyncio.gather(*first, *others)
    assert doubling.turns == [1, 1, 8]


async def test_slow_items_have_turns_of_the_size(threads: Threads) -> None:
    turns: list[int] = []

    def slow(numbers: Sequence[int]) -> list[int | Exception]:
        turns.append(len(numbers))
        time.sleep(0.02 * len(numbers))
        return [*numbers]

    batcher = Batcher(slow, threads, size=2, parallel=1, seconds=0.03)
    assert await asyncio.gather(*map(batcher.answer, range(8))) == [*range(8)]
    assert max(turns) == 2


async def test_the_waiting_are_shared_out_among_the_turns(threads: Threads) -> None:
    hold = threading.Event()
    doubling = Doubling(hold=hold, crowd=2)
    batcher = Batcher(doubling.work, threads, size=8, parallel=2)
    first = await asked(batcher, [0, 1])
    await asyncio.to_thread(doubling.begun.wait, LONG)
    others = await asked(batcher, range(4))
    hold.set()
    await asyncio.gather(*first, *others)
    assert sorted(doubling.turns) == [1, 1, 1, 1, 2]  # of four, half; of the two left, half


async def test_a_bad_item_fails_its_caller_alone(threads: Threads) -> None:
    hold = threading.Event()
    doubling = Doubling(hold=hold)
    batcher = Batcher(doubling.work, threads, size=8, parallel=1)
    first = await asked(batcher, [0])
    await asyncio.to_thread(doubling.begun.wait, LONG)
    good, bad, fine = await asked(batcher, [1, -1, 2])
    hold.set()
    assert await asyncio.gather(*first, good, fine) == [0, 2, 4]
    with pytest.raises(ValueError, match="negative"):
        await bad
    assert doubling.turns == [1, 3]


async def test_work_that_fails_as_a_whole_fails_everyone_and_nobody_waits_for_ever(threads: Threads) -> None:
    def broken(numbers: Sequence[int]) -> list[int | Exception]:
        raise RuntimeError(f"{len(numbers)} at once")

    batcher = Batcher(broken, threads, size=8, parallel=1)
    answers = await asyncio.wait_for(asyncio.gather(*map(batcher.answer, range(5)), return_exceptions=True), LONG)
    assert [type(answer) for answer in answers] == [RuntimeError] * 5


@pytest.mark.parametrize("more", [-1, 1])
async def test_too_few_or_too_many_answers_fail_everyone(threads: Threads, more: int) -> None:
    batcher: Batcher[int, int] = Batcher(lambda numbers: [0] * (len(numbers) + more), threads, size=3, parallel=1)
    for task in await asked(batcher, [1, 2, 3]):
        with pytest.raises(RuntimeError, match=r"answers to . items"):
            await asyncio.wait_for(task, LONG)
    together = await batcher.together([1, 2])
    assert [type(answer) for answer in together] == [RuntimeError, RuntimeError]


async def test_a_stopped_iteration_is_an_error_like_any_other(threads: Threads) -> None:
    def work(numbers: Sequence[int]) -> list[int | Exception]:
        return [StopIteration(number) for number in numbers]

    batcher: Batcher[int, int] = Batcher(work, threads, size=1, parallel=1)
    with pytest.raises(RuntimeError):
        await asyncio.wait_for(batcher.answer(1), LONG)


async def test_with_its_threads_gone_it_is_shutting_down(threads: Threads) -> None:
    batcher: Batcher[int, int] = Batcher(Doubling().work, threads, size=1, parallel=1)
    await asyncio.to_thread(threads.close)
    with pytest.raises(ShuttingDown):
        await batcher.together([1])
    with pytest.raises(ShuttingDown):
        await batcher.answer(1)


async def test_a_caller_that_leaves_takes_its_item_along(threads: Threads) -> None:
    hold = threading.Event()
    doubling = Doubling(hold=hold)
    batcher = Batcher(doubling.work, threads, size=1, parallel=1)
    first, leaving, last = await asked(batcher, [0, 1, 2])
    await asyncio.to_thread(doubling.begun.wait, LONG)
    leaving.cancel()
    await asyncio.sleep(0)
    hold.set()
    assert [await first, await last] == [0, 4]
    assert doubling.turns == [1, 1]


async def test_work_of_others_gets_a_thread_between_two_turns() -> None:
    one_thread, order = Threads(1), list[str]()
    hold, begun = threading.Event(), threading.Event()

    def work(numbers: Sequence[int]) -> list[int | Exception]:
        begun.set()
        assert hold.wait(LONG)
        order.append("turn")
        return [*numbers]

    batcher = Batcher(work, one_thread, size=1, parallel=1)
    tasks = await asked(batcher, range(3))
    await asyncio.to_thread(begun.wait, LONG)
    other = asyncio.create_task(one_thread.run(order.append, "other"))
    await asyncio.sleep(0)
    hold.set()
    await asyncio.gather(*tasks, other)
    await asyncio.to_thread(one_thread.close)
    assert order == ["turn", "other", "turn", "turn"]


async def test_who_still_waits_at_the_end_is_told() -> None:
    hold = threading.Event()
    threads, doubling = Threads(1), Doubling(hold=hold)
    batcher = Batcher(doubling.work, threads, size=1, parallel=1)
    first, second = await asked(batcher, [1, 2])
    await asyncio.to_thread(doubling.begun.wait, LONG)
    batcher.close()
    with pytest.raises(ShuttingDown):
        await asyncio.wait_for(second, LONG)
    with pytest.raises(ShuttingDown):
        await batcher.answer(3)
    hold.set()
    await asyncio.to_thread(threads.close)
    assert await first == 2


def test_the_batch_size_with_the_least_time_per_picture_is_chosen() -> None:
    def constant(batch: Tensor) -> Tensor:  # as long for eight as for one: batching wins
        threading.Event().wait(0.02)
        return batch.astype(np.float32)

    def proportional(batch: Tensor) -> Tensor:  # eight times as long for eight: batching gains nothing
        threading.Event().wait(0.02 * len(batch))
        return batch.astype(np.float32)

    assert best_size(constant, np.zeros(1, np.float32)) == 8
    assert best_size(proportional, np.zeros(1, np.float32)) == 1
