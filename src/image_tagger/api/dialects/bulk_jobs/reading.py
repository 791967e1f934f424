"""What requests ask of the ledger about jobs of this dialect."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from typing import Any

from fastapi import Request

from image_tagger.api.dialects.bulk_jobs import answers
from image_tagger.domain.errors import InvalidRequest, UnknownJob
from image_tagger.domain.jobs import Job, State
from image_tagger.jobs.tagging import KIND
from image_tagger.services import Services

LONGEST_ID = 18  # digits, as databases count
PAGE, LARGEST_PAGE = 100, 1000
LARGEST = 10**15
STATES = ("", State.FAILED)  # by which pictures can be asked for


async def found(services: Services, request: Request) -> Job:
    """The job that the path names. Raises UnknownJob, also for a job of another door."""
    wanted = request.path_params["job_id"]
    if not (wanted.isascii() and wanted.isdecimal() and len(wanted) <= LONGEST_ID):
        raise UnknownJob(f"there is no job {wanted!r}")
    job = (await services.ledger.jobs([int(wanted)])).get(int(wanted))
    if job is None or job.kind != KIND or job.queue:
        raise UnknownJob(f"there is no job {wanted!r}")
    return job


async def one(services: Services, job: Job) -> dict[str, Any]:
    """A job with its counts."""
    from image_tagger.jobs import chunks, outcomes  # noqa: PLC0415 - a third of a second for servers without jobs

    tally = await services.database.read(outcomes.tally, job.id)
    error = None
    if job.progress.failed:
        first = await services.ledger.items(job.id, limit=1)
        error = first[0].error if first and first[0].key == chunks.LISTING else None
    return answers.job(job, tally, error)


async def latest(services: Services, query: Mapping[str, str]) -> dict[str, Any]:
    """A page of jobs. Raises InvalidRequest."""
    from image_tagger.jobs.reading import Wanted  # noqa: PLC0415 - as above

    limit, offset = _limit(query), _number(query, "offset", 0, (0, LARGEST))
    jobs, count = await services.ledger.latest(Wanted([KIND], queue=""), limit=limit, offset=offset)
    return {"jobs": await those_left(services, jobs), "total": count}


async def those_left(services: Services, jobs: Iterable[Job]) -> list[dict[str, Any]]:
    """Jobs with their counts, but for those that were forgotten since they were read."""
    listed = []
    for job in jobs:
        with suppress(UnknownJob):
            listed.append(await one(services, job))
    return listed


async def items(services: Services, job: Job, query: Mapping[str, str]) -> dict[str, Any]:
    """A page of pictures. Raises InvalidRequest."""
    from image_tagger.jobs import outcomes  # noqa: PLC0415 - as above

    state = query.get("state", "")
    if state not in STATES:
        raise InvalidRequest("state must be failed, where it is given")
    limit, after = _limit(query), _number(query, "after", -1, (0, LARGEST))
    read = outcomes.failed_page if state else outcomes.page
    page = await services.database.read(read, job.id, after, limit)
    return {"items": [answers.item(one) for one in page], "next": page[-1].mark if len(page) >= limit else None}


async def lines_of(services: Services, job: Job, form: answers.Form) -> AsyncIterator[str]:
    """Lines of all pictures that are done or have failed, some at a time."""
    from image_tagger.jobs import lines, outcomes  # noqa: PLC0415 - as above

    line, after = lines.csv_lines if form.name == "csv" else lines.json_line, -1
    if form.name == "csv":
        yield lines.csv_header()
    while page := await services.database.read(outcomes.page, job.id, after, LARGEST_PAGE):
        after = page[-1].mark
        yield "".join(line(one) for one in page if one.state in {State.DONE, State.FAILED})


def _limit(query: Mapping[str, str]) -> int:
    return _number(query, "limit", PAGE, (1, LARGEST_PAGE))


def _number(query: Mapping[str, str], name: str, default: int, within: tuple[int, int]) -> int:
    given, (least, most) = query.get(name), within
    if given is None:
        return default
    if not (given.isascii() and given.isdecimal() and len(given) <= LONGEST_ID and least <= int(given) <= most):
        raise InvalidRequest(f"{name} must be a whole number in {least}..{most}")
    return int(given)
