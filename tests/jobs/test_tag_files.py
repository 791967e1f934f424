"""The handler that tags, in a real engine on each kind of database."""

import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from image_tagger.domain.jobs import Job, NewItem, NewJob
from image_tagger.jobs import chunks, outcomes
from image_tagger.jobs.claims import Claim
from image_tagger.jobs.files import origin_of
from image_tagger.jobs.outcomes import Tally
from image_tagger.jobs.tagging import (
    CHUNK,
    FOLDER,
    KIND,
    LARGE_NETWORK,
    LIST,
    MANIFEST,
    SMALL_CHUNK,
    Order,
    Wanted,
)
from image_tagger.services import Services, wire
from image_tagger.settings import Settings
from tests.pictures import jpeg

SECONDS = 30.0


@pytest.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    """An engine with a ledger; nobody works yet."""
    url = database_url if database_url.startswith("postgres") else ""
    async with wire(Settings(data_dir=tmp_path / "data", database_url=url, allowed_roots=(str(tmp_path),))) as wired:
        yield wired


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures, one of them broken."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, content in (("a.jpg", jpeg(seed=1)), ("b.jpg", b"broken"), ("c.jpg", jpeg(seed=2))):
        (folder / name).write_bytes(content)
    return folder


async def ended(services: Services, job: Job) -> Tally:
    """Work until the job has ended."""
    services.employ()
    now = (await services.ledger.wait([job.id], SECONDS))[job.id]
    assert now.state.ended
    return await services.database.read(outcomes.tally, job.id)


async def test_a_folder_is_listed_and_tagged(services: Services, folder: Path) -> None:
    order = Order(FOLDER, str(folder), wanted=Wanted(top=3))
    job = await services.ledger.add(NewJob(KIND, order.as_json()), [chunks.listing()], open_end=True)
    assert await ended(services, job) == Tally(3, 2, 1)
    a, b, c = await services.database.read(outcomes.page, job.id, -1, 10)
    assert (len(a.labels or ()), b.labels, len(c.labels or ())) == (3, None, 3)
    recorded = await services.results.known([str(folder / "a.jpg"), str(folder / "b.jpg")])
    assert [file.size for file in recorded.values()] == [(folder / "a.jpg").stat().st_size]


async def test_a_listing_that_was_cut_short_goes_on_behind_the_last_chunk(services: Services, folder: Path) -> None:
    job = await services.ledger.add(
        NewJob(KIND, Order(FOLDER, str(folder)).as_json()), [chunks.listing()], open_end=True
    )
    await services.ledger.extend(job.id, [NewItem({"names": ["a.jpg"], "first": 0, "mark": "a.jpg"})])
    services.employ()
    await services.ledger.wait([job.id], SECONDS)
    page = await services.database.read(outcomes.page, job.id, -1, 10)
    assert [one.name for one in page] == ["a.jpg", "b.jpg", "c.jpg"]


async def test_pictures_of_a_chunk_whose_workers_died_are_tried_one_by_one(services: Services, folder: Path) -> None:
    names = [str(folder / name) for name in ("a.jpg", "c.jpg")]
    job = await services.ledger.add(NewJob(KIND, Order(LIST).as_json()), chunks.each(names))
    for number in range(2):
        assert await services.ledger.claim(Claim("", f"dead.{number}", 10, 60.0))
        await services.ledger.release_all("dead")
    assert await ended(services, job) == Tally(2, 2)
    items = await services.ledger.items(job.id)
    assert [(item.key, item.payload["names"]) for item in items] == [
        (None, names),
        (chunks.key_of_single(0), names[:1]),
        (chunks.key_of_single(1), names[1:]),
    ]


async def test_a_model_that_is_not_there_fails_every_picture(services: Services, folder: Path) -> None:
    job = await services.ledger.add(
        NewJob(KIND, Order(LIST, model="none").as_json()), chunks.each([str(folder / "a.jpg")])
    )
    assert await ended(services, job) == Tally(1, failed=1)


async def test_an_order_survives_the_ledger(services: Services) -> None:
    order = Order(LIST, model="m", wanted=Wanted(3, 0.5, labels=("dog", "cat")), webhook="http://example.org/")
    job = await services.ledger.add(NewJob(KIND, order.as_json()), chunks.each(["http://example.org/a.jpg"]))
    assert Order.of_json((await services.ledger.job(job.id)).parameters) == order


async def test_chunks_are_small_where_a_picture_takes_long(services: Services, tmp_path: Path) -> None:
    version = await services.resolver.version("")
    (tmp_path / "large.onnx").touch()
    os.truncate(tmp_path / "large.onnx", LARGE_NETWORK + 1)
    large = replace(version, network=replace(version.network, file=tmp_path / "large.onnx"))
    chunk = {order.source: order.cut_for(version).chunk for order in (Order(FOLDER), Order(LIST), Order(MANIFEST))}
    assert chunk == {FOLDER: CHUNK, LIST: SMALL_CHUNK, MANIFEST: SMALL_CHUNK}
    assert Order(FOLDER).cut_for(large).chunk == SMALL_CHUNK


async def test_a_listing_cuts_as_its_job_says(services: Services, folder: Path) -> None:
    order = Order(FOLDER, str(folder), chunk=2)
    job = await services.ledger.add(NewJob(KIND, order.as_json()), [chunks.listing()], open_end=True)
    assert await ended(services, job) == Tally(3, 2, 1)
    items = await services.ledger.items(job.id)
    assert [item.payload["names"] for item in items if item.key is None] == [["a.jpg", "b.jpg"], ["c.jpg"]]


def test_places_in_one_folder_lie_together_and_each_is_its_own() -> None:
    folders = {bytes(f"/photos/{year}", "ascii") for year in range(1990, 2020)}
    origins = {folder: {origin_of(folder + b"/%d.jpg" % number) for number in range(50)} for folder in folders}
    assert {len(origin) for some in origins.values() for origin in some} == {32}
    assert len(set().union(*origins.values())) == 30 * 50
    ordered = sorted(origin for some in origins.values() for origin in some)
    assert all(set(ordered[at : at + 50]) in origins.values() for at in range(0, 30 * 50, 50))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such a policy")
async def test_the_event_loop_gives_way_while_the_services_are_open(tmp_path: Path) -> None:
    async with wire(Settings(data_dir=tmp_path)) as wired:
        assert os.sched_getscheduler(0) == os.SCHED_BATCH
        assert await wired.threads.run(os.sched_getscheduler, 0) == os.SCHED_OTHER
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes")
async def test_a_pipe_is_no_picture_and_no_manifest(services: Services, folder: Path) -> None:
    for name in ("pipe.jpg", "pipe.jsonl"):
        os.mkfifo(folder / name)
    listed = Order(LIST, str(folder), "", wanted=Wanted(top=1))
    job = await services.ledger.add(NewJob(KIND, listed.as_json()), chunks.each([str(folder / "pipe.jpg")]))
    assert await ended(services, job) == Tally(1, 0, 1)
    order = Order(MANIFEST, str(folder), manifest=str(folder / "pipe.jsonl"))
    job = await services.ledger.add(NewJob(KIND, order.as_json()), [chunks.listing()], open_end=True)
    await ended(services, job)
    (listing,) = await services.ledger.items(job.id)
    assert listing.error is not None
    assert listing.error.message == "the manifest is no plain file"
