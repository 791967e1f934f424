"""What `image-tagger sort --undo` does."""

import asyncio
import sys

from image_tagger.cli.job_progress import JobProgress
from image_tagger.cli.output import standard_output, visible, writing
from image_tagger.cli.sort_journals import find_journal, held, queue_of
from image_tagger.domain.jobs import State
from image_tagger.jobs.reading import Wanted
from image_tagger.jobs.sorting import KIND
from image_tagger.media.moving import Journal, undo
from image_tagger.services import wire
from image_tagger.settings import Settings, read_settings

LATEST = 1000  # jobs among which that of the journal is looked for


def undo_sort(named: str) -> int:
    """Take a sort back, which does not go on then; answer how many files are not as they were.

    Raises InvalidRequest where there is no such journal, or somebody works on the sort.
    """
    settings = read_settings()
    journal = find_journal(settings, named)
    with held(journal):
        asyncio.run(_cancel(settings, journal))
        with JobProgress("taking back") as progress:
            undone = undo(journal, progress.show)
    for step, reason in undone.left:
        sys.stderr.write(f"image-tagger: {visible(step.folder)}/{visible(step.name)}: {reason}\n")
    with writing():
        standard_output().write(f"taken back: {undone.files}\n")
    return len(undone.left)


async def _cancel(settings: Settings, journal: Journal) -> None:
    async with wire(settings) as services:
        jobs, _ = await services.ledger.latest(Wanted([KIND], [State.WAITING, State.RUNNING]), limit=LATEST)
        for job in jobs:
            if job.queue == queue_of(journal):
                await services.office.cancel(job.id)
