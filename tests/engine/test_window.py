"""In order, bounded, lazy, and nothing left behind when the reader leaves."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import pytest

from image_tagger.engine.window import as_they_come, in_order


async def test_answers_keep_the_order_though_the_first_is_the_slowest() -> None:
    async def slow_first(number: int) -> int:
        await asyncio.sleep(0.02 if number == 0 else 0)
        return number * 10

    assert [answer async for answer in in_order(range(5), slow_first, ahead=3)] == [0, 10, 20, 30, 40]


async def test_no_more_than_ahead_are_under_way() -> None:
    under_way = most = 0

    async def work(number: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return number

    assert len([answer async for answer in in_order(range(50), work, ahead=4)]) == 50
    assert most == 4


async def test_items_are_taken_only_as_places_become_free() -> None:
    taken: list[int] = []

    def endless() -> Iterator[int]:
        number = 0
        while True:
            taken.append(number)
            yield number
            number += 1

    async def work(number: int) -> int:
        return number

    async with aclosing(in_order(endless(), work, ahead=3)) as answers:
        assert await anext(answers) == 0
    assert len(taken) <= 4


async def test_leaving_early_cancels_what_is_under_way() -> None:
    cancelled = 0

    async def work(number: int) -> int:
        nonlocal cancelled
        try:
            await asyncio.sleep(0 if number == 0 else 60)
        except asyncio.CancelledError:
            cancelled += 1
            raise
        return number

    async with aclosing(in_order(range(10), work, ahead=4)) as answers:
        assert await anext(answers) == 0
    assert cancelled == 3


async def test_an_error_reaches_the_reader_and_ends_the_rest() -> None:
    async def work(number: int) -> int:
        if number == 2:
            raise ValueError("two")
        return number

    async with aclosing(in_order(range(10), work, ahead=2)) as answers:
        assert [await anext(answers), await anext(answers)] == [0, 1]
        with pytest.raises(ValueError, match="two"):
            await anext(answers)


async def numbers(count: int, taken: list[int] | None = None) -> AsyncIterator[int]:
    for number in range(count):
        if taken is not None:
            taken.append(number)
        yield number
        await asyncio.sleep(0)


async def tenfold(number: int) -> int:
    await asyncio.sleep(0.01 if number == 0 else 0)
    return number * 10


async def test_answers_to_what_comes_keep_the_order() -> None:
    assert [answer async for answer in as_they_come(numbers(20), tenfold, ahead=3)] == [n * 10 for n in range(20)]
    assert [answer async for answer in as_they_come(numbers(0), tenfold, ahead=3)] == []


async def test_what_is_done_is_yielded_while_the_next_one_takes_its_time() -> None:
    more = asyncio.Event()

    async def slow() -> AsyncIterator[int]:
        yield 1
        await more.wait()
        yield 2

    async with aclosing(as_they_come(slow(), tenfold, ahead=5)) as answers:
        assert await anext(answers) == 10
        more.set()
        assert await anext(answers) == 20


async def test_of_what_comes_no_more_than_ahead_is_taken() -> None:
    taken: list[int] = []
    async with aclosing(as_they_come(numbers(100, taken), tenfold, ahead=4)) as answers:
        assert await anext(answers) == 0
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(taken) <= 5
        assert await anext(answers) == 10


async def test_where_the_source_fails_the_answers_before_come_first() -> None:
    async def failing() -> AsyncIterator[int]:
        yield 0
        yield 1
        raise ValueError("source")

    answers = as_they_come(failing(), tenfold, ahead=4)
    assert [await anext(answers), await anext(answers)] == [0, 10]
    with pytest.raises(ValueError, match="source"):
        await anext(answers)


async def test_where_the_work_fails_the_source_is_left() -> None:
    async def work(number: int) -> int:
        if number == 2:
            raise ValueError("two")
        return number

    taken: list[int] = []
    with pytest.raises(ValueError, match="two"):
        [_ async for _ in as_they_come(numbers(100, taken), work, ahead=3)]
    assert len(taken) < 10


async def test_who_leaves_cancels_the_work_and_the_wait_for_the_next() -> None:
    cancelled: list[str] = []

    async def endless(name: str) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(name)
            raise

    async def stalling() -> AsyncIterator[int]:
        yield 0
        yield 1
        await endless("source")

    async def work(number: int) -> int:
        if number:
            await endless("work")
        return number

    async with aclosing(as_they_come(stalling(), work, ahead=5)) as answers:
        assert await anext(answers) == 0
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await anext(answers)
    assert sorted(cancelled) == ["source", "work"]
