"""Tags the pictures of a chunk: those that have not changed from memory, the others by the engine."""

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from image_tagger.domain.errors import TaggerError
from image_tagger.domain.predictions import FrameResult, Prediction
from image_tagger.domain.queries import Query, Upload
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Version
from image_tagger.domain.vocabulary import Wording
from image_tagger.domain.vocabulary_reading import read_vocabulary
from image_tagger.engine.window import in_order
from image_tagger.jobs import files, findings
from image_tagger.jobs.context import Services
from image_tagger.jobs.files import Content, File
from image_tagger.jobs.records import Record
from image_tagger.jobs.sidecars import Sidecars
from image_tagger.jobs.tagging import S3, Order, Wanted
from image_tagger.jobs.wording import asked_for, said, wording_of
from image_tagger.models.labels import standard_taxonomy
from image_tagger.store import known_files
from image_tagger.store.known_files import KnownFile

AHEAD = 8  # pictures from elsewhere that are on their way together


@dataclass(frozen=True, slots=True)
class Tagged:
    """A picture's labels as JSON. again: they were known, since it has not changed."""

    labels: list[dict[str, Any]]
    again: bool = False


class Tagger:
    """Tags in the manner of one order, with one model."""

    def __init__(self, order: Order, version: Version, services: Services) -> None:
        self._order = order
        self._services = services
        self._manner = order.manner(version)
        self._wording = _wording(order.wanted.vocabulary, version)
        self._record = Record(services.results, version.name, wanted=not order.wanted.vocabulary)
        self._sidecars = Sidecars(version, self._wording) if order.xmp else None

    async def tag(self, names: Sequence[str]) -> list[Tagged | TaggerError]:
        """What is on each of these pictures, or why nobody can tell."""
        places = [self._place(name) for name in names]
        paths = [place for place in places if isinstance(place, Path)]
        addresses = [place for place in places if isinstance(place, str)]
        local = iter(await self._files(paths) if paths else [])
        remote = iter(await self._elsewhere(addresses) if addresses else [])
        return [
            place if isinstance(place, TaggerError) else next(local if isinstance(place, Path) else remote)
            for place in places
        ]

    def _place(self, name: str) -> str | Path | TaggerError:
        try:
            return self._order.location(name)
        except TaggerError as error:
            return error

    async def _files(self, paths: Sequence[Path]) -> list[Tagged | TaggerError]:
        roots = None if self._order.trusted else self._services.bulk.roots
        found = await self._services.threads.run(lambda: [files.found(path, roots) for path in paths])
        origins = [file.origin for file in found if isinstance(file, File)]
        known = await self._services.database.read(known_files.known, self._manner, origins)
        answers: dict[Path, Tagged | TaggerError] = {}
        new: list[File] = []
        for path, file in zip(paths, found, strict=True):
            if isinstance(file, TaggerError):
                answers[path] = file
            elif (old := known.get(file.origin)) and (old.size, old.modified) == (file.size, file.modified):
                answers[path] = Tagged(old.labels, again=True)
            else:
                new.append(file)
        answers |= await self._changed(new) if new else {}
        await self._beside(answers)
        return [answers[path] for path in paths]

    async def _changed(self, new: Sequence[File]) -> dict[Path, Tagged | TaggerError]:
        contents = await self._services.threads.run(lambda: [files.content(file) for file in new])
        readable = [(file, one) for file, one in zip(new, contents, strict=True) if isinstance(one, Content)]
        answers: dict[Path, Tagged | TaggerError] = {
            file.path: one for file, one in zip(new, contents, strict=True) if isinstance(one, TaggerError)
        }
        same = await self._same([one.sha256 for _, one in readable])
        unseen = [(file, one) for file, one in readable if one.sha256 not in same]
        answers |= {file.path: Tagged(same[one.sha256], again=True) for file, one in readable if one.sha256 in same}
        recognised = await self._recognised([one for _, one in unseen])
        answers |= {file.path: result for (file, _), result in zip(unseen, recognised, strict=True)}
        await self._remember(readable, answers)
        return answers

    async def _recognised(self, contents: Sequence[Content]) -> list[Tagged | TaggerError]:
        media = [Upload(one.media) for one in contents]
        results = await self._services.recognizer.together(media, self._order.model, self._asked)
        return [self._tagged(result) for result in results]

    async def _remember(
        self, readable: Sequence[tuple[File, Content]], answers: dict[Path, Tagged | TaggerError]
    ) -> None:
        seen = [(*pair, answers[pair[0].path]) for pair in readable]
        good = [(file, one.sha256, tagged.labels) for file, one, tagged in seen if isinstance(tagged, Tagged)]
        if not good:
            return
        rows = [KnownFile(file.origin, file.size, file.modified, sha256, labels) for file, sha256, labels in good]
        database = self._services.database
        await database.write(known_files.remember, database.insert, self._manner, rows)
        await self._record.files([(file, sha256, findings.of_json(labels)) for file, sha256, labels in good])

    async def _beside(self, answers: dict[Path, Tagged | TaggerError]) -> None:
        """Write sidecars, where they are wanted; a file whose sidecar cannot be written has failed."""
        if self._sidecars is not None:
            answers |= await asyncio.to_thread(self._write_beside, self._sidecars, answers)

    def _write_beside(
        self, sidecars: Sidecars, answers: dict[Path, Tagged | TaggerError]
    ) -> dict[Path, Tagged | TaggerError]:
        failed: dict[Path, Tagged | TaggerError] = {}
        for path, answer in answers.items():
            try:
                if isinstance(answer, Tagged):
                    sidecars.write(path, findings.of_json(answer.labels))
            except TaggerError as error:
                failed[path] = error
        return failed

    async def _elsewhere(self, addresses: Sequence[str]) -> list[Tagged | TaggerError]:
        async with aclosing(in_order(addresses, self._one_from_elsewhere, ahead=AHEAD)) as answers:
            return [answer async for answer in answers]

    async def _one_from_elsewhere(self, address: str) -> Tagged | TaggerError:
        try:
            content = await self._fetched(address)
            sha256 = await self._services.threads.run(lambda: hashlib.sha256(content).hexdigest())
            if same := await self._same([sha256]):
                tagged = Tagged(same[sha256], again=True)
            else:
                result = await self._services.recognizer.first(Query(Upload(content), self._order.model, self._asked))
                tagged = self._of_frame(result)
        except TaggerError as error:
            return error
        row = KnownFile(files.origin_of(address.encode("utf-8", "replace")), len(content), 0, sha256, tagged.labels)
        database = self._services.database
        await database.write(known_files.remember, database.insert, self._manner, [row])
        await self._record.address(address, sha256, findings.of_json(tagged.labels))
        return tagged

    async def _fetched(self, address: str) -> bytes:
        if not address.startswith(S3):
            return await self._services.fetcher.fetch(address)
        bulk = self._services.bulk
        place = address if self._order.trusted else await asyncio.to_thread(bulk.roots.place, address)
        content, _ = await bulk.objects.read(place, most=bulk.max_bytes)
        return content

    async def _same(self, hashes: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """Labels of contents that are known, by hash."""
        found = await self._services.database.read(known_files.same_content, self._manner, hashes) if hashes else {}
        return {sha256: file.labels for sha256, file in found.items()}

    @property
    def _asked(self) -> Selection:
        wanted = self._order.wanted
        if wanted.labels and self._wording is None and not wanted.sure:
            return Selection(None, wanted.min_score)
        return asked_for(wanted.selection, self._wording)

    def _tagged(self, result: FrameResult | TaggerError) -> Tagged | TaggerError:
        return result if isinstance(result, TaggerError) else self._of_frame(result)

    def _of_frame(self, result: FrameResult) -> Tagged:
        wanted = self._order.wanted
        selection = Selection(None, wanted.min_score, wanted.sure) if wanted.labels else wanted.selection
        predictions = said(result.predictions, selection, self._wording)
        return Tagged(findings.as_json(_among(predictions, wanted)))


def _among(predictions: tuple[Prediction, ...], wanted: Wanted) -> tuple[Prediction, ...]:
    if not wanted.labels:
        return predictions
    return tuple(one for one in predictions if one.label in wanted.labels)[: wanted.top]


@lru_cache(8)
def _wording(vocabulary: str, version: Version) -> Wording | None:
    return wording_of(read_vocabulary(vocabulary, standard_taxonomy()), version) if vocabulary else None
