"""Outcomes that cannot be written down yet."""

import asyncio
import sqlite3
from pathlib import Path

from sqlalchemy import event, text
from structlog.testing import capture_logs

from image_tagger.domain.jobs import Failure, NewItem, NewJob, State
from image_tagger.jobs.bells import Bells
from image_tagger.jobs.claims import Claim
from image_tagger.jobs.ending import Outcome
from image_tagger.jobs.ledger import Ledger
from image_tagger.jobs.reports import Reports
from image_tagger.store.database import Database

SECONDS = 30.0


async def test_a_full_disk_is_logged_when_it_begins_and_when_it_ends(tmp_path: Path) -> None:
    database, bells = Database(f"sqlite:///{tmp_path / 'small.sqlite3'}"), Bells(tmp_path / "pipes")
    ledger = Ledger(database, bells)
    await ledger.add(NewJob("echo"))
    (item,) = await ledger.claim(Claim("", "me.1", 1, 60.0))
    pages = await database.read(lambda connection: connection.scalar(text("PRAGMA page_count")))
    room, tries, tired, is_written = pages, 0, asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    @event.listens_for(database.engine, "checkout")
    def limit(connection: sqlite3.Connection, *_: object) -> None:
        nonlocal tries
        tries += 1
        connection.execute(f"PRAGMA max_page_count = {room}")
        if tries == 3:
            loop.call_soon_threadsafe(tired.set)

    reports = Reports(ledger, lambda _: is_written.set())
    with capture_logs() as lines:
        running = asyncio.create_task(reports.run())
        reports.add(Outcome(item, State.DONE, {"large": "x" * 100_000}))
        async with asyncio.timeout(SECONDS):
            await tired.wait()
            room = 2 * pages + 1000
            await is_written.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await bells.close()
    await database.close()
    said = [(line["event"], line.get("reason")) for line in lines]
    assert said == [
        ("results wait for the database", "the disk of the database is full"),
        ("results are written down again", None),
    ]


async def test_an_answer_that_cannot_be_stored_fails_alone(ledger: Ledger) -> None:
    job = await ledger.add(NewJob("echo"), [NewItem(), NewItem(), NewItem()])
    items = await ledger.claim(Claim("", "me.1", 3, 60.0))
    is_written = asyncio.Event()
    reports = Reports(ledger, lambda outcome: is_written.set() if outcome.item.number == 2 else None)
    answers: list[dict[str, object]] = [{"a": 1}, {"a": Path("no JSON")}, {"a": 2}]
    for item, answer in zip(items, answers, strict=True):
        reports.add(Outcome(item, State.DONE, answer))
    with capture_logs() as lines:
        running = asyncio.create_task(reports.run())
        async with asyncio.timeout(SECONDS):
            await is_written.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [(line["event"], line["kind"]) for line in lines] == [("a handler's answer cannot be stored", "echo")]
    stored = await ledger.items(job.id)
    assert [item.state for item in stored] == [State.DONE, State.FAILED, State.DONE]
    assert (stored[0].result, stored[2].result) == ({"a": 1}, {"a": 2})
    assert stored[1].error == Failure("TaggerError", "internal error")
