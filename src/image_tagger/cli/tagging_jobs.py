"""What `image-tagger tag FOLDER --output FILE` does: a job that this process works on until it ends or is paused."""

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from image_tagger.cli import result_files
from image_tagger.cli.job_progress import JobProgress
from image_tagger.cli.looking import roomy
from image_tagger.cli.model_paths import with_model
from image_tagger.cli.output import standard_output, visible, writing
from image_tagger.cli.quiet import quietly
from image_tagger.cli.tag_crew import beside
from image_tagger.cli.tag_orders import TagOrders
from image_tagger.cli.tag_sharing import processes_for, wired
from image_tagger.domain.errors import InvalidRequest, TaggerError
from image_tagger.domain.jobs import Job, NewJob, State
from image_tagger.domain.selection import Selection
from image_tagger.jobs import chunks, outcomes
from image_tagger.jobs.outcomes import Outcome, Tally
from image_tagger.jobs.reading import Wanted as WantedJobs
from image_tagger.jobs.tagging import ATTEMPTS, FOLDER, KIND, Order, Wanted
from image_tagger.media.locks import FileLock
from image_tagger.models.catalog import PATHS
from image_tagger.models.labels import read_vocabulary_file
from image_tagger.services import Services, wire
from image_tagger.settings import Settings, read_settings
from image_tagger.store.ids import new_id

LOOK = 0.5  # seconds between looks at how far the job is
PAGE = 4096  # pictures read at a time
LATEST = 1000  # jobs among which the unfinished one is looked for


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asked for."""

    folder: Path
    output: Path
    model: str
    selection: Selection
    vocabulary: Path | None = None

    def order(self, vocabulary: Path | None) -> Order:
        """The same as a job has it; `vocabulary` is for those who name none. Raises InvalidRequest for a wrong one."""
        model = os.path.abspath(Path(self.model).expanduser()) if self.model.startswith(PATHS) else self.model  # noqa: PTH100 - without `..`, but links as they are
        chosen = self.selection
        wanted = Wanted(chosen.top, chosen.min_score, chosen.sure, vocabulary=_text(self.vocabulary or vocabulary))
        place, output = str(self.folder.absolute()), str(self.output.absolute())
        return Order(FOLDER, place, str(self.folder), model=model, wanted=wanted, trusted=True, output=output)


def tag_folder(asked: Asked, *, recursive: bool, xmp: bool) -> int:
    """Tag a folder into a file; answer how many pictures could not be tagged.

    Raises InvalidRequest, MissingExtra for a file that cannot be, and what loading the model raises.
    """
    result_files.check(asked.output)
    settings = roomy(read_settings())
    order = replace(asked.order(settings.vocabulary), recursive=recursive, xmp=xmp)
    with quietly():
        return asyncio.run(_begin(settings, order))


def resume(folder: Path | None) -> int:
    """Go on with the latest job that has not ended, of this folder where one is named; the answer as of `tag_folder`.

    Raises InvalidRequest where there is none.
    """
    settings = roomy(read_settings())
    with quietly():
        job = asyncio.run(_unfinished(settings, str(folder.absolute()) if folder else None))
        return asyncio.run(_go_on(settings, job))


def _text(vocabulary: Path | None) -> str:
    if vocabulary is None:
        return ""
    read_vocabulary_file(vocabulary)  # a mistake is one error, not one per picture
    return vocabulary.read_text(encoding="utf-8")


async def _begin(settings: Settings, order: Order) -> int:
    queue = f"tag.{new_id()}"
    with _alone(settings, queue):
        settings, model = with_model(settings, order.model)
        orders = await _orders(settings, queue, order, model)
        async with wired(settings, queue, orders.processes) as services:
            await services.preload(model)
            path = "" if model == order.model else order.model
            cut = order.cut_for(await services.resolver.version(model))
            parameters = replace(cut, model=model, model_path=path).as_json()
            new = NewJob(KIND, parameters, attempts=ATTEMPTS, queue=queue)
            job = await services.ledger.add(new, [chunks.listing()], open_end=True)
            return await _work(services, job, orders)


async def _go_on(settings: Settings, job: Job) -> int:
    order = Order.of_json(job.parameters)
    with _alone(settings, job.queue):
        settings, model = with_model(settings, order.model_path or order.model)
        orders = await _orders(settings, job.queue, replace(order, model=order.model_path or order.model), model)
        async with wired(settings, job.queue, orders.processes) as services:
            await services.preload(model)
            return await _work(services, job, orders)


async def _orders(settings: Settings, queue: str, order: Order, model: str) -> TagOrders:
    count = await processes_for(settings, model, Path(order.place), recursive=order.recursive)
    return TagOrders(queue, order.model, count)


async def _unfinished(settings: Settings, folder: str | None) -> Job:
    """The latest that has not ended, or else the latest of all, if only its file is missing."""
    async with wire(settings) as services:
        left, _ = await services.ledger.latest(WantedJobs([KIND], [State.WAITING, State.RUNNING]), limit=LATEST)
        done, _ = await services.ledger.latest(WantedJobs([KIND], [State.DONE]), limit=LATEST)
    for job in left:
        if not job.cancelling and _is_ours(job, folder):
            return job
    latest = next((job for job in done if _is_ours(job, folder)), None)
    if latest is not None and not await asyncio.to_thread(_is_written, latest):
        return latest
    raise InvalidRequest("there is no job that could go on")


def _is_ours(job: Job, folder: str | None) -> bool:
    """Whether a command has begun it, for this folder where one is named."""
    return bool(job.queue) and folder in {None, job.parameters["place"]}


def _is_written(job: Job) -> bool:
    """Whether its file is there, or one of that name that is newer."""
    try:
        return Path(job.parameters["output"]).stat().st_mtime >= (job.ended or 0.0)
    except OSError:
        return False


@contextmanager
def _alone(settings: Settings, queue: str) -> Iterator[None]:
    """While this process works on a job, no other one does. Raises TaggerError where there can be no lock."""
    file = settings.data_dir / "locks" / queue
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        held = FileLock.take(file, wait=False)
    except OSError as error:
        raise TaggerError(f"the data folder cannot be written: {error.strerror}") from error
    if held is None:
        raise InvalidRequest("another process works on this job")
    with held:
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


async def _work(services: Services, job: Job, orders: TagOrders) -> int:
    gc.freeze()  # what is there now stays, and need not be looked through again and again
    services.employ()
    try:
        async with beside(orders):
            await _ended(services, job)
        return await _report(services, job)
    except asyncio.CancelledError:
        sys.stderr.write("image-tagger: paused; go on with: image-tagger tag --resume\n")
        raise
    finally:
        gc.unfreeze()


async def _ended(services: Services, job: Job) -> None:
    with JobProgress("tagging") as progress:
        while not job.state.ended:
            job = (await services.ledger.wait([job.id], LOOK))[job.id]
            if progress.watched:
                counted = await services.database.read(outcomes.tally, job.id)
                progress.show(counted.done + counted.failed, counted.total)


async def _report(services: Services, job: Job) -> int:
    """Write the file, say what failed and how many there are; answer how many failed."""
    listing = (await services.ledger.items(job.id, limit=1))[0]
    closed = listing.result["closed"] if listing.result else ()
    if listing.error:
        raise InvalidRequest(listing.error.message)
    for name in closed:
        sys.stderr.write(f"image-tagger: {visible(name)}: the folder cannot be read\n")
    await result_files.write(Path(job.parameters["output"]), _pages(services, job))
    counted = await services.database.read(outcomes.tally, job.id)
    with writing():
        standard_output().write(f"{_summary(counted)}\n")
    return counted.failed + counted.cancelled + len(closed)


async def _pages(services: Services, job: Job) -> AsyncIterator[list[Outcome]]:
    """Every picture under the name by which the user knows it; what failed is said on the way."""
    before = str(Path(job.parameters["called"], "x"))[:-1]  # joined as texts: a Path for each would take longer
    after = -1
    while page := await services.database.read(outcomes.page, job.id, after, PAGE):
        named = [replace(one, name=before + one.name.replace("/", os.sep)) for one in page]
        for one in named:
            if one.error is not None:
                sys.stderr.write(f"image-tagger: {visible(one.name)}: {one.error.message}\n")
        yield named
        after = page[-1].mark


def _summary(counted: Tally) -> str:
    failed = f", {counted.failed} failed" if counted.failed else ""
    return f"{counted.done} pictures tagged{failed}"
