"""Tags the pictures of a chunk: those that have not changed from memory, the others by the engine."""

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from image_tagger.domain.errors import TaggerError
from image_tagger.domain.predictions import FrameResult, Prediction
from image_tagger.domain.queries import Query, Upload
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Version
from image_tagger.domain.vocabulary import Wording
from image_tagger.domain.vocabulary_reading import read_vocabulary
from image_tagger.engine.window import in_order
from image_tagger.jobs import files, findings, records
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

    labels: findings.Labels
    again: bool = False


class Tagger:
    """Tags in the manner of one order, with one model."""

    def __init__(self, order: Order, version: Version, services: Services) -> None:
        self._order = order
        self._services = services
        self._manner = order.manner(version)
        self._wording = _wording(order.wanted.vocabulary, version)
        searched = not order.wanted.vocabulary
        self._record = Record(services.database, services.results, self._manner, version.name, searched=searched)
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
        found = await asyncio.to_thread(lambda: [files.found(path, roots) for path in paths])
        origins = [file.origin for file in found if isinstance(file, File)]
        known = await self._services.database.read(known_files.known, self._manner, origins)
        answers = [_unchanged(file, known.get(file.origin)) if isinstance(file, File) else file for file in found]
        new = [file for file, answer in zip(found, answers, strict=True) if isinstance(file, File) and answer is None]
        changed = iter(await self._changed(new))
        return await self._beside(paths, [next(changed) if answer is None else answer for answer in answers])

    async def _changed(self, new: Sequence[File]) -> list[Tagged | TaggerError]:
        portions = self._services.bulk.portions
        parts = [new[start : start + portions.size] for start in range(0, len(new), portions.size)]
        async with aclosing(in_order(parts, self._portion, ahead=portions.at_a_time + 1)) as answers:
            return [answer async for some in answers for answer in some]

    async def _portion(self, new: Sequence[File]) -> list[Tagged | TaggerError]:
        """Read and recognise, and write down what was found."""
        async with self._services.bulk.portions.place:
            contents, same = await asyncio.to_thread(self._read, new)
            unseen = [one for one in contents if isinstance(one, Content) and one.sha256 not in same]
            recognised = iter(await self._recognised(unseen) if unseen else [])
            answers = [
                one
                if isinstance(one, TaggerError)
                else Tagged(same[one.sha256], again=True)
                if one.sha256 in same
                else next(recognised)
                for one in contents
            ]
            await self._record.keep(
                [
                    records.of_file(file, one.sha256, answer.labels)
                    for file, one, answer in zip(new, contents, answers, strict=True)
                    if isinstance(one, Content) and isinstance(answer, Tagged)
                ]
            )
        return answers

    def _read(self, new: Sequence[File]) -> tuple[list[Content | TaggerError], dict[str, findings.Labels]]:
        """What the files hold, and the labels of what is known of it, by hash. Blocks."""
        contents = [files.content(file) for file in new]
        hashes = [one.sha256 for one in contents if isinstance(one, Content)]
        found = self._services.database.reading(known_files.same_content, self._manner, hashes) if hashes else {}
        return contents, {sha256: file.labels for sha256, file in found.items()}

    async def _recognised(self, contents: Sequence[Content]) -> list[Tagged | TaggerError]:
        media = [Upload(one.media) for one in contents]
        results = await self._services.recognizer.together(media, self._order.model, self._asked)
        return [self._tagged(result) for result in results]

    async def _beside(self, paths: Sequence[Path], answers: list[Tagged | TaggerError]) -> list[Tagged | TaggerError]:
        """Write sidecars, where they are wanted; a file whose sidecar cannot be written has failed."""
        sidecars = self._sidecars
        if sidecars is None:
            return answers
        pairs = [*zip(paths, answers, strict=True)]
        return await asyncio.to_thread(lambda: [_written_beside(sidecars, *pair) for pair in pairs])

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
        await self._record.keep([records.of_address(address, content, sha256, tagged.labels)])
        return tagged

    async def _fetched(self, address: str) -> bytes:
        if not address.startswith(S3):
            return await self._services.fetcher.fetch(address)
        bulk = self._services.bulk
        place = address if self._order.trusted else await asyncio.to_thread(bulk.roots.place, address)
        content, _ = await bulk.objects.read(place, most=bulk.max_bytes)
        return content

    async def _same(self, hashes: Sequence[str]) -> dict[str, findings.Labels]:
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


def _unchanged(file: File, known: KnownFile | None) -> Tagged | None:
    """What is known of the file, if that is still so."""
    if known is None or (known.size, known.modified) != (file.size, file.modified):
        return None
    return Tagged(known.labels, again=True)


def _written_beside(sidecars: Sidecars, path: Path, answer: Tagged | TaggerError) -> Tagged | TaggerError:
    try:
        if isinstance(answer, Tagged):
            sidecars.write(path, findings.of_json(answer.labels))
    except TaggerError as error:
        return error
    return answer


def _among(predictions: tuple[Prediction, ...], wanted: Wanted) -> tuple[Prediction, ...]:
    if not wanted.labels:
        return predictions
    return tuple(one for one in predictions if one.label in wanted.labels)[: wanted.top]


@lru_cache(8)
def _wording(vocabulary: str, version: Version) -> Wording | None:
    return wording_of(read_vocabulary(vocabulary, standard_taxonomy()), version) if vocabulary else None
