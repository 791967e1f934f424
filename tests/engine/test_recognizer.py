"""From a query to frame results, with the real embedded model."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from image_tagger.domain.errors import InvalidMedia, Overloaded, UnknownModel, UnreachableMedia
from image_tagger.domain.predictions import FrameResult
from image_tagger.domain.queries import Base64, Query, Upload, Url
from image_tagger.domain.selection import Selection
from image_tagger.services import Services, wire
from image_tagger.settings import Settings
from tests.pictures import jpeg


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    async with wire(Settings(model_aliases={"house": "starter"})) as opened:
        yield opened


def upload(seed: int = 0) -> Query:
    return Query(Upload(jpeg(seed=seed)), selection=Selection(top=3))


async def test_a_still_is_frame_0(services: Services) -> None:
    result = await services.recognizer.first(upload())
    assert result.index == 0
    assert len(result.predictions) == 3
    scores = [p.score for p in result.predictions]
    assert scores == sorted(scores, reverse=True)


async def test_first_stream_and_all_agree(services: Services) -> None:
    first = await services.recognizer.first(upload())
    assert [result async for result in services.recognizer.stream(upload())] == [first]
    assert await services.recognizer.all(upload()) == (first,)


async def test_bytes_a_file_and_base64_are_the_same_picture(services: Services, tmp_path: Path) -> None:
    (tmp_path / "photo").write_bytes(jpeg())
    text = base64.encodebytes(jpeg()).decode()
    answers = {
        await services.recognizer.first(Query(media, selection=Selection(top=5)))
        for media in (Upload(jpeg()), Upload(tmp_path / "photo"), Base64(text), Base64(f"é{text}"))
    }
    assert len(answers) == 1


async def test_all_labels_add_up_to_1(services: Services) -> None:
    result = await services.recognizer.first(Query(Upload(jpeg())))
    assert len(result.predictions) == 293
    assert sum(p.score for p in result.predictions) == pytest.approx(1)


async def test_an_alias_is_the_model(services: Services) -> None:
    named = Query(Upload(jpeg()), model="house", selection=Selection(top=3))
    assert await services.recognizer.first(named) == await services.recognizer.first(upload())


@pytest.mark.parametrize("media", [Upload(b""), Upload(b"text"), Upload(Path("absent")), Base64("abc"), Base64("")])
async def test_what_is_no_picture_is_invalid(services: Services, media: Upload | Base64) -> None:
    with pytest.raises(InvalidMedia):
        await services.recognizer.first(Query(media))


async def test_an_unknown_model_and_a_refused_address_have_their_errors(services: Services) -> None:
    with pytest.raises(UnknownModel):
        await services.recognizer.first(Query(Upload(jpeg()), model="absent"))
    with pytest.raises(UnreachableMedia):
        await services.recognizer.first(Query(Url("http://127.0.0.1/photo.jpg")))


async def test_a_bad_picture_among_many_is_an_answer_of_its_own(services: Services) -> None:
    queries = [upload(0), Query(Upload(b"broken")), upload(1)]
    results = [result async for result in services.recognizer.each(queries)]
    assert results[0] == await services.recognizer.first(upload(0))
    assert isinstance(results[1], InvalidMedia)
    assert results[2] == await services.recognizer.first(upload(1))


async def test_many_callers_at_once_get_their_own_answers(services: Services) -> None:
    alone = [await services.recognizer.first(upload(seed)) for seed in range(8)]
    together = await asyncio.gather(*(services.recognizer.first(upload(seed % 8)) for seed in range(64)))
    assert together == alone * 8
    assert len(set(alone)) > 1
    assert services.predictor.counts == {"starter": 72}


async def test_queries_are_taken_as_places_become_free(services: Services) -> None:
    taken = 0

    def endless() -> Iterator[Query]:
        nonlocal taken
        while True:
            taken += 1
            yield upload(taken)

    async with aclosing(services.recognizer.each(endless())) as results:
        assert isinstance(await anext(results), FrameResult)
    assert taken < 20
    assert services.admission.inside == 0


async def test_one_query_too_many_is_refused_and_the_others_are_answered() -> None:
    async with wire(Settings(queue_length=2)) as services:
        answers = await asyncio.gather(
            *(services.recognizer.first(upload(seed)) for seed in range(5)), return_exceptions=True
        )
        assert [type(answer) for answer in answers] == [FrameResult, FrameResult, Overloaded, Overloaded, Overloaded]
        assert isinstance(await services.recognizer.first(upload()), FrameResult)


async def test_a_caller_who_leaves_gives_the_place_back(services: Services) -> None:
    asked = asyncio.create_task(services.recognizer.first(upload()))
    await asyncio.sleep(0)
    assert services.admission.inside == 1
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert services.admission.inside == 0
    assert await services.recognizer.first(upload())


async def test_a_model_is_loaded_once_however_many_ask() -> None:
    async with wire(Settings()) as services:
        version = services.catalog.default
        residents = await asyncio.gather(*(services.residents.get(version) for _ in range(20)))
        assert len(set(map(id, residents))) == 1


async def test_a_caller_who_leaves_does_not_stop_the_loading_for_others() -> None:
    async with wire(Settings()) as services:
        version = services.catalog.default
        first = asyncio.create_task(services.residents.get(version))
        second = asyncio.create_task(services.residents.get(version))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).model.version == version
