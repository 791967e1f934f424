"""What `image-tagger sort` does: a job on the ledger that this process works on until it ends or is paused."""

import asyncio
import os
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from image_tagger.cli.job_progress import JobProgress
from image_tagger.cli.looking import roomy
from image_tagger.cli.model_paths import with_model
from image_tagger.cli.output import standard_output, visible, writing
from image_tagger.cli.pictures import VIDEOS
from image_tagger.cli.quiet import quietly
from image_tagger.cli.sort_journals import held, new_journal, queue_of
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.jobs import Item, Job, NewItem, NewJob, State
from image_tagger.domain.sorting import Match, Rule, Sorter
from image_tagger.jobs.office import Office
from image_tagger.jobs.reading import Wanted
from image_tagger.jobs.rules import Rules
from image_tagger.jobs.sorting import ATTEMPTS, KIND, Order
from image_tagger.media.moving import Heading, How, Journal
from image_tagger.media.suffixes import picture_suffixes
from image_tagger.models.catalog import PATHS
from image_tagger.models.labels import standard_taxonomy
from image_tagger.services import Services, wire
from image_tagger.settings import Settings, read_settings

LOOK = 0.25  # seconds between looks at how far the job is
PAGE = 1000  # items read at a time
LEASE = 5.0  # seconds: nobody else works on this queue
LATEST = 1000  # jobs among which the unfinished one is looked for


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asked for. match: None of `min_confidence` is what is usual with it."""

    folder: Path | None
    into: Path | None
    classes: tuple[str, ...]
    match: Match
    min_confidence: float | None
    model: str = field(default="", kw_only=True)
    how: str = field(default="move", kw_only=True)

    @property
    def order(self) -> Order:
        """The same as a job has it. Raises InvalidRequest for a class that cannot be one."""
        source = (self.folder or Path()).absolute()
        into = (self.into or source).absolute()
        rule = Rule(self.classes, self.match, self.min_confidence)
        suffixes = tuple(sorted(picture_suffixes() | VIDEOS))
        model = os.path.abspath(Path(self.model).expanduser()) if self.model.startswith(PATHS) else self.model  # noqa: PTH100 - without `..`, but links as they are
        return Order(source, into, rule, model, how=How(self.how), suffixes=suffixes, sidecars=True)


def sort_all(asked: Asked) -> int:
    """Sort a folder; answer how many files could not be sorted.

    Raises InvalidRequest for a class that nothing of the model can lead to, and what loading the model raises.
    """
    settings = roomy(read_settings())
    journal = new_journal(settings)
    order = replace(asked.order, journal=journal.file)
    with held(journal), quietly():
        return asyncio.run(_begin(settings, order, journal))


def resume(folder: Path | None) -> int:
    """Go on with the latest sort that has not ended, of this folder where one is named; the answer as of `sort_all`.

    Raises InvalidRequest where there is none.
    """
    settings = roomy(read_settings())
    job = asyncio.run(_unfinished(settings, str(folder.absolute()) if folder else None))
    journal = Journal(Path(job.parameters["journal"]))
    with held(journal), quietly():
        return asyncio.run(_go_on(settings, job, journal))


async def check(services: Services, order: Order, model: str) -> None:
    """Load the model. Raises what that raises, and InvalidRequest for a class that nothing of the model can lead to."""
    version = await services.resolver.version(model)
    sorter = Sorter(order.rule, standard_taxonomy().distance, exclusive=True)
    if missing := sorter.without_labels(version.spec.labels.names):
        raise InvalidRequest(f"the model {version.name!r} has no label for {', '.join(missing)}")
    await services.preload(model)


async def _begin(settings: Settings, order: Order, journal: Journal) -> int:
    settings, model = with_model(settings, order.model)
    async with _wired(settings, journal) as services:
        await check(services, order, model)
        _make(order.into)
        journal.begin(Heading(order.source, order.into, order.how))
        parameters = {**order.as_json(), "model": model, "asked": order.model}
        new = NewJob(KIND, parameters, attempts=ATTEMPTS, queue=queue_of(journal))
        job = await services.ledger.add(new, [NewItem()], open_end=True)
        return await _work(services, job)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidRequest(f"the folder for the classes cannot be made: {error.strerror}") from error


async def _go_on(settings: Settings, job: Job, journal: Journal) -> int:
    settings, model = with_model(settings, job.parameters["asked"])
    async with _wired(settings, journal) as services:
        await services.preload(model)
        return await _work(services, job)


async def _unfinished(settings: Settings, folder: str | None) -> Job:
    async with wire(settings) as services:
        jobs, _ = await services.ledger.latest(Wanted([KIND], [State.WAITING, State.RUNNING]), limit=LATEST)
    found = next((job for job in jobs if _can_go_on(job) and folder in {None, job.parameters["source"]}), None)
    if found is None:
        raise InvalidRequest("there is no sort that could go on")
    return found


def _can_go_on(job: Job) -> bool:
    """Whether it is one of the command line, on this machine, that has not been taken back."""
    return bool(job.queue) and not job.cancelling and Path(job.parameters["journal"]).is_file()


def _wired(settings: Settings, journal: Journal) -> Services:
    """Services whose worker does this sort and nothing else."""
    rules = Rules(
        queue_of(journal), max(settings.job_places, 1), LEASE, retention_seconds=settings.job_retention_days * 86400
    )
    office = Office(settings.data_dir, settings.database_url.get_secret_value().strip(), rules)
    return replace(wire(settings), office=office)


async def _work(services: Services, job: Job) -> int:
    services.employ()
    try:
        with JobProgress("sorting") as progress:
            while not job.state.ended:
                job = (await services.ledger.wait([job.id], LOOK))[job.id]
                if not job.listing:
                    progress.show(max(job.progress.ended - 1, 0), job.progress.total - 1)
    except asyncio.CancelledError:
        sys.stderr.write("image-tagger: paused; go on with: image-tagger sort --resume\n")
        raise
    return await _report(services, job)


async def _report(services: Services, job: Job) -> int:
    """Say where the files went and what failed; answer how many did."""
    counts, failed, after = Counter[str](), 0, -1
    while items := await services.ledger.items(job.id, after=after, limit=PAGE):
        after = items[-1].number
        for item in items:
            counts.update(_went(item))
            failed += item.state is not State.DONE
    with writing():
        for one in job.parameters["classes"]:
            standard_output().write(f"{visible(one)}: {counts.pop(one, 0)}\n")
        standard_output().write("".join(f"{what}: {count}\n" for what, count in sorted(counts.items())))
        standard_output().write("take it back with: image-tagger sort --undo last\n")
    return failed


def _went(item: Item) -> list[str]:
    """Under which word an item is counted; what failed is said at once."""
    if item.error is not None:
        sys.stderr.write(f"image-tagger: {visible(item.payload.get('file', 'the folder'))}: {item.error.message}\n")
        return ["(could not be sorted)"]
    if item.result is None or "files" in item.result:
        return []
    if item.result.get("gone"):
        return ["(not there any more)"]
    return [item.result["class"] or "(of no class)"]
