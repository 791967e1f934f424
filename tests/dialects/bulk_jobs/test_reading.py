"""Jobs that are forgotten while a list of them is made."""

import time
from dataclasses import replace
from pathlib import Path

from image_tagger.api.dialects.bulk_jobs import reading
from image_tagger.domain.jobs import Job, NewJob, Progress, State
from image_tagger.jobs import chunks
from image_tagger.jobs.tagging import KIND, LIST, Order
from image_tagger.services import wire
from image_tagger.settings import Settings


async def test_a_job_that_was_forgotten_meanwhile_is_left_out_of_the_list(tmp_path: Path) -> None:
    async with wire(Settings(data_dir=tmp_path)) as services:
        there = await services.ledger.add(NewJob(KIND, Order(LIST).as_json()), chunks.each(["a.jpg"]))
        gone = Job(7, KIND, State.FAILED, there.parameters, Progress(1, failed=1), time.time(), time.time())

        listed = await reading.those_left(services, [gone, there, replace(gone, id=8)])

    assert [one["id"] for one in listed] == [there.id]
