"""A kind of job that only waits, as for a disk or a network, and workers that do it in processes of their own."""

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from image_tagger.domain.jobs import Item, Json
from image_tagger.jobs.context import Context
from image_tagger.jobs.handling import HANDLERS
from image_tagger.jobs.office import Office
from image_tagger.jobs.rules import Rules

KIND = "benchmark_sleep"
PLACES = 16
LONGEST = 600.0
ran = 0  # items that this process has done


async def _run(item: Item, context: Context) -> Json:
    global ran  # noqa: PLW0603 - the one number that a process keeps
    ran += 1
    del context
    await asyncio.sleep(item.job.parameters["seconds"])
    return {"number": item.number}


sleep = SimpleNamespace(run=_run)


@contextmanager
def installed() -> Iterator[Path]:
    """A folder for Python's path, which brings the kind of job."""
    with TemporaryDirectory() as folder:
        metadata = Path(folder) / "benchmark_jobs-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: benchmark-jobs\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[{HANDLERS}]\n{KIND} = benchmarks.sleeping:sleep\n")
        yield Path(folder)


def work(url: str, folder: Path, job_id: int, begins: float) -> tuple[int, float]:
    """Do a job until it has ended, from a moment on (seconds since 1970); how many items, and when it ended."""
    sys.path.insert(0, str(folder))
    return asyncio.run(_work(url, folder, job_id, begins))


async def _work(url: str, folder: Path, job_id: int, begins: float) -> tuple[int, float]:
    nothing: Any = SimpleNamespace()
    office = Office(folder, url, Rules(places=PLACES))
    before = ran
    try:
        await office.ledger.job(job_id)
        await asyncio.sleep(begins - time.time())
        office.employ(nothing)
        ended = (await office.ledger.wait([job_id], LONGEST))[job_id].ended
        return ran - before, ended or float("nan")
    finally:
        await office.close()
