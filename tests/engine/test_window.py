"""In order, bounded, lazy, and nothing left behind when the reader leaves."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from image_tagger.engine.window import in_order


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
