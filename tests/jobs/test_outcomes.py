"""What came of pictures: counts and pages over chunks, and over the pictures that were tried by themselves."""

import pytest

from image_tagger.domain.jobs import Failure, Item, Job, NewJob, State
from image_tagger.jobs import chunks, lines, outcomes
from image_tagger.jobs.claims import Claim
from image_tagger.jobs.ending import Outcome as ItemOutcome
from image_tagger.jobs.ledger import Ledger
from image_tagger.jobs.outcomes import Outcome, Tally
from image_tagger.jobs.tagging import CHUNK
from image_tagger.store.database import Database

NAMES = [f"{number}.jpg" for number in range(2 * CHUNK + 10)]
DOG = [{"label": "dog", "confidence": 0.5}]


async def added(ledger: Ledger) -> Job:
    """A job of three chunks, the last one not full."""
    return await ledger.add(NewJob("tag_files"), chunks.each(NAMES))


async def claimed(ledger: Ledger) -> list[Item]:
    return await ledger.claim(Claim("", "test.1", 100, 60.0))


def done(item: Item, *, without: tuple[int, ...] = ()) -> ItemOutcome:
    names = item.payload["names"]
    return ItemOutcome(item, State.DONE, {"results": [None if at in without else DOG for at in range(len(names))]})


async def test_a_job_without_pictures_has_counts(ledger: Ledger, database: Database) -> None:
    job = await ledger.add(NewJob("tag_files"), [chunks.listing()], open_end=True)
    assert await database.read(outcomes.tally, job.id) == Tally()
    assert await database.read(outcomes.page, job.id, -1, 10) == []
    assert await database.read(outcomes.last_chunk, job.id) is None


async def test_a_job_that_was_removed_has_no_pictures(database: Database) -> None:
    assert await database.read(outcomes.tally, 1) == Tally()
    assert await database.read(outcomes.page, 1, -1, 10) == []


@pytest.mark.parametrize(("which", "pictures"), [(0, CHUNK), (2, 10)])
async def test_chunks_count_with_what_they_hold(ledger: Ledger, database: Database, which: int, pictures: int) -> None:
    job = await added(ledger)
    items = await claimed(ledger)
    await ledger.finish([done(items[which])])
    assert await database.read(outcomes.tally, job.id) == Tally(len(NAMES), pictures)


@pytest.mark.parametrize("chunk", [1, 3, 4, 12])
async def test_a_job_may_have_chunks_of_another_size(ledger: Ledger, database: Database, chunk: int) -> None:
    names = NAMES[:10]
    job = await ledger.add(NewJob("tag_files", {"chunk": chunk}), chunks.each(names, chunk))
    items = await claimed(ledger)
    await ledger.finish([done(items[0])])
    assert await database.read(outcomes.tally, job.id) == Tally(10, min(chunk, 10))
    pages, after = list[list[str]](), -1
    while page := await database.read(outcomes.page, job.id, after, 4):
        pages.append([one.name for one in page])
        after = page[-1].mark
    assert pages == [names[:4], names[4:8], names[8:]]


async def test_a_picture_that_is_tried_by_itself_counts_as_it_goes(ledger: Ledger, database: Database) -> None:
    job = await added(ledger)
    items = await claimed(ledger)
    await ledger.extend(job.id, [chunks.single("3.jpg", 3), chunks.single("5.jpg", 5)])
    await ledger.finish([done(items[0], without=(3, 5)), done(items[1]), done(items[2])])
    assert await database.read(outcomes.tally, job.id) == Tally(len(NAMES), len(NAMES) - 2)
    three, five = await claimed(ledger)
    failed = ItemOutcome(five, State.FAILED, error=Failure("InvalidMedia", "broken"))
    await ledger.finish([done(three), failed])
    assert await database.read(outcomes.tally, job.id) == Tally(len(NAMES), len(NAMES) - 1, 1)
    page = await database.read(outcomes.page, job.id, 2, 4)
    assert [(one.number, one.name, one.state) for one in page] == [
        (3, "3.jpg", State.DONE),
        (4, "4.jpg", State.DONE),
        (5, "5.jpg", State.FAILED),
        (6, "6.jpg", State.DONE),
    ]
    (one,) = await database.read(outcomes.failed_page, job.id, -1, 10)
    assert (one.number, one.name, one.error) == (5, "5.jpg", Failure("InvalidMedia", "broken"))
    assert await database.read(outcomes.failed_page, job.id, one.mark, 10) == []


async def test_a_chunk_that_fails_as_a_whole_fails_with_all_its_pictures(ledger: Ledger, database: Database) -> None:
    job = await added(ledger)
    items = await claimed(ledger)
    await ledger.finish([ItemOutcome(items[2], State.FAILED, error=Failure("InvalidModel", "broken"))])
    assert await database.read(outcomes.tally, job.id) == Tally(len(NAMES), failed=10)
    failed = await database.read(outcomes.failed_page, job.id, -1, 3)
    assert [one.name for one in failed] == NAMES[-10:]


async def test_what_is_cancelled_is_counted(ledger: Ledger, database: Database) -> None:
    job = await added(ledger)
    await ledger.cancel(job.id)
    assert await database.read(outcomes.tally, job.id) == Tally(len(NAMES), cancelled=len(NAMES))


@pytest.mark.parametrize("limit", [1, CHUNK - 1, CHUNK, CHUNK + 1, 1000])
async def test_pages_join(ledger: Ledger, database: Database, limit: int) -> None:
    job = await added(ledger)
    names, after = list[str](), -1
    while page := await database.read(outcomes.page, job.id, after, limit):
        assert len(page) <= limit
        names += [one.name for one in page]
        after = page[-1].mark
    assert names == NAMES


async def test_the_last_chunk_says_where_a_listing_goes_on(ledger: Ledger, database: Database) -> None:
    job = await ledger.add(NewJob("tag_files"), [chunks.listing(), *chunks.each(NAMES)], open_end=True)
    await ledger.extend(job.id, [chunks.single("3.jpg", 3)])
    last = await database.read(outcomes.last_chunk, job.id)
    assert last is not None
    assert (last["names"], last["first"]) == (NAMES[2 * CHUNK :], 2 * CHUNK)


def test_lines_of_what_is_done_and_of_what_failed() -> None:
    good = Outcome(0, "a,b\udcff.jpg", State.DONE, DOG)
    bad = Outcome(1, "c.jpg", State.FAILED, error=Failure("InvalidMedia", "broken"))
    nothing = Outcome(2, "d.jpg", State.DONE, [])
    assert [lines.csv_lines(one) for one in (good, bad, nothing)] == [
        '"a,b\ufffd.jpg",1,dog,0.5,\n',
        "c.jpg,,,,broken\n",
        "d.jpg,,,,\n",
    ]
    assert lines.as_json(good) == {"picture": "a,b\ufffd.jpg", "labels": DOG}
    assert lines.as_json(bad) == {"picture": "c.jpg", "error": "broken"}
