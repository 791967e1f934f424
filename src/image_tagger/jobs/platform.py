"""The recognition platform: what doors may do with networks, versions and inferences."""

import asyncio
import math
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from image_tagger.domain.errors import InvalidModel, InvalidRequest, UnknownResource
from image_tagger.domain.inference import INFERENCE, Inference, Meaning, RawInference, inference_as_json
from image_tagger.domain.jobs import Job, NewItem, NewJob
from image_tagger.domain.recognition import (
    VERSION,
    Json,
    Listing,
    NetworkDraft,
    NetworkFile,
    NetworkState,
    Page,
    StoredNetwork,
    StoredVersion,
    labels_of,
)
from image_tagger.domain.specs import Version
from image_tagger.jobs.answering import Engine
from image_tagger.jobs.ledger import Ledger
from image_tagger.jobs.reading import Wanted
from image_tagger.models.platform.inputs import inputs_of
from image_tagger.models.platform.outputs import reading_of, with_thresholds
from image_tagger.models.platform.versions import RegisteredVersions, check_reading
from image_tagger.store.blobs import Blobs
from image_tagger.store.registry import add_network, note_task

IMPORT = "import_network"
KINDS = (IMPORT, INFERENCE)
SWEEP_SECONDS = 3600.0  # between two looks
FRESH_SECONDS = 3600.0  # for which a file may belong to an upload that is not registered yet
SPARE_SECONDS = 24 * 3600.0  # that a task may take beside the time that it is kept afterwards
ATTEMPTS = 8  # of an inference, over two minutes: its network may still be being checked


class Platform:
    """Joins the registry, the files and the ledger. Methods raise UnknownResource for ids that mean nothing."""

    def __init__(self, versions: RegisteredVersions, blobs: Blobs, ledger: Ledger, engine: Engine) -> None:
        self.versions, self.registry, self.blobs = versions, versions.registry, blobs
        self.engine = engine
        self._ledger = ledger
        self._swept = -math.inf

    async def upload(self, draft: NetworkDraft, contents: Mapping[str, bytes | Path]) -> StoredNetwork:
        """Register a network; the hashes of the draft's files are filled in, and a task checks it."""
        await self._tidy()  # who uploads and removes may never infer
        files = [await self._kept(name, contents[name]) for name in sorted(contents)]
        whole = replace(draft, files=tuple(files))
        job = await self._ledger.add(NewJob(IMPORT), beside=lambda connection, job: _register(connection, whole, job))
        return await asyncio.to_thread(self.registry.network_of_task, job.id)

    async def remove_network(self, number: int) -> None:
        """Remove a network, its versions, and the files that no other network has; what came lately goes later."""
        stored = await asyncio.to_thread(self.registry.network, number)
        orphans = await asyncio.to_thread(self.registry.remove_network, number)
        await asyncio.to_thread(self._clear, stored, orphans)

    def add_version(self, spec_id: int, network_id: int, post_processings: tuple[Json, ...]) -> StoredVersion:
        """Register a version. Blocks. Raises InvalidRequest and InvalidModel for what does not fit together."""
        try:
            spec, network = self.registry.spec(spec_id), self.registry.network(network_id)
        except UnknownResource as error:
            raise InvalidRequest(str(error)) from error
        if network.state is NetworkState.REFUSED:
            raise InvalidModel(f"the network {network_id} cannot be used: {(network.findings or {}).get('reason')}")
        if len(post_processings) != len(spec.outputs):
            wanted, given = len(spec.outputs), len(post_processings)
            raise InvalidRequest(f"post_processings: the specification has {wanted} outputs, and there are {given}")
        names = {file.name: Path(file.name) for file in network.draft.files}
        constants = inputs_of(network.draft.preprocessing, names).constants
        pairs = list(zip(post_processings, spec.outputs, strict=True))
        for entry, labels in pairs:
            check_reading(network, reading_of(entry, labels, constants))
        filled = tuple(with_thresholds(entry, labels) for entry, labels in pairs)
        return self.registry.add_version(spec_id, network_id, filled)

    async def keep(self, content: bytes | Path) -> str:
        """Store what was sent for an inference, for as long as its task is kept; answers its hash."""
        return (await self.blobs.add(content)).sha256

    async def infer(self, asked: Inference | RawInference) -> int:
        """Begin an inference; the id of its task."""
        await self._tidy()
        job = await self._ledger.add(NewJob(INFERENCE, attempts=ATTEMPTS), [NewItem(inference_as_json(asked))])
        return job.id

    async def task(self, number: int, seconds: float = 0.0) -> Job:
        """A task, which may take so long to end."""
        found = await self.tasks((number,), seconds)
        if not found:
            raise UnknownResource(f"there is no task {number}")
        return found[0]

    async def tasks(self, numbers: tuple[int, ...], seconds: float = 0.0) -> tuple[Job, ...]:
        """Those of the tasks that exist, in this order, which may take so long to end."""
        found = await self._ledger.wait(numbers, seconds) if seconds else await self._ledger.jobs(numbers)
        return tuple(found[number] for number in numbers if number in found and found[number].kind in KINDS)

    async def latest_tasks(self, page: Page) -> Listing[Job]:
        """The latest tasks first."""
        found, count = await self._ledger.latest(Wanted(KINDS), limit=page.limit, offset=page.offset)
        return Listing(count, tuple(found))

    async def meaning(self, model: str) -> Meaning:
        """What a model's labels mean to its callers. Raises what `Resolver.version` raises."""
        version = await self.engine.resolver.version(model)
        labels = labels_of(version.spec)
        if model.startswith(VERSION):
            labels = await asyncio.to_thread(self.versions.labels, model)
        thresholds = version.spec.thresholds or (labels.default_threshold,) * len(labels.names)
        return Meaning(labels, thresholds)

    async def check_registered(self, asked: Inference | RawInference) -> None:
        """Raises UnknownResource where something that an inference asks is no longer registered."""
        if isinstance(asked, Inference):
            for model in asked.models:
                if model.startswith(VERSION):
                    await asyncio.to_thread(self.versions.check_registered, model)
        elif isinstance(asked.network, int):
            await asyncio.to_thread(self.registry.network, asked.network)

    async def bare(self, network: int | str, tensors: tuple[str, ...]) -> Version:
        """A network that gives these tensors; a text is a model's name."""
        if isinstance(network, int):
            return await asyncio.to_thread(self.versions.raw, network, tensors)
        version = await self.engine.resolver.version(network)
        return replace(version, network=replace(version.network, outputs=tensors))

    async def _tidy(self) -> None:
        """Now and then, delete what was sent for tasks that are no longer kept, and settle checks that went wrong."""
        now = time.monotonic()
        if now < self._swept + SWEEP_SECONDS:
            return
        self._swept = now
        needed = [payload["looking"].get("sha256") for payload in await self._ledger.open_payloads(INFERENCE)]
        await asyncio.to_thread(self._sweep, {sha256 for sha256 in needed if sha256})
        for network in await asyncio.to_thread(self.registry.unchecked):
            await self._settle(network)

    async def _settle(self, network: StoredNetwork) -> None:
        """Refuse a network whose check ended without an answer, and check again where the check is gone."""
        number = network.id
        task = (await self._ledger.jobs([network.task_id])).get(network.task_id) if network.task_id else None
        if task is None:
            with suppress(UnknownResource):  # it was removed meanwhile
                await self._ledger.add(
                    NewJob(IMPORT), beside=lambda connection, job: note_task(connection, number, job.id)
                )
        elif task.state.ended:
            reason = task.error.message if task.error else "its check was cancelled"
            await asyncio.to_thread(self.registry.refuse_unchecked, number, reason)

    def _clear(self, removed: StoredNetwork, orphans: tuple[str, ...]) -> None:
        """Delete what only this network had; an upload of the same may have come, or be on its way, meanwhile."""
        gone = set(orphans) - self.registry.hashes()
        if gone:  # else another network may have the same folder
            self.versions.forget(removed)
        for sha256 in gone:
            self.blobs.delete(sha256, older_than=FRESH_SECONDS)

    def _sweep(self, needed: set[str]) -> None:
        older_than = self.engine.retention_seconds + SPARE_SECONDS
        self.blobs.sweep(needed | self.registry.hashes(), older_than=older_than)
        self.versions.sweep()

    async def _kept(self, name: str, content: bytes | Path) -> NetworkFile:
        blob = await self.blobs.add(content)
        return NetworkFile(name, blob.sha256, blob.size)


def _register(connection: Connection, draft: NetworkDraft, job: Job) -> None:
    add_network(connection, draft, job.id)
