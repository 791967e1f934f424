"""What was found in pictures is written down: for those that have not changed, and for searches."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.results import PictureFile, Recognised
from image_tagger.jobs import files, findings
from image_tagger.jobs.files import File
from image_tagger.store import known_files
from image_tagger.store.known_files import KnownFile

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from image_tagger.store.database import Database
    from image_tagger.store.results import Results

NANO = 1e9


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture that was looked at. picture: what searches know of it; None where its name is no text."""

    known: KnownFile
    picture: PictureFile | None


def of_file(file: File, sha256: str, labels: findings.Labels) -> Seen:
    """A file with the hash of its content and what was found."""
    known = KnownFile(file.origin, file.size, file.modified, sha256, labels)
    picture = None
    with suppress(InvalidRequest):
        picture = PictureFile(str(file.path), sha256, file.size, file.modified / NANO)
    return Seen(known, picture)


def of_address(address: str, content: bytes, sha256: str, labels: findings.Labels) -> Seen:
    """The same of a picture from elsewhere."""
    origin = files.origin_of(address.encode("utf-8", "replace"))
    picture = None
    with suppress(InvalidRequest):
        picture = PictureFile(address, sha256)
    return Seen(KnownFile(origin, len(content), 0, sha256, labels), picture)


class Record:
    """Of what one model sees in one manner.

    searched: searches find it, too; not where the words of users stand for the labels of the model.
    """

    def __init__(self, database: "Database", results: "Results", manner: str, model: str, *, searched: bool) -> None:
        self._database = database
        self._results = results
        self._manner = manner
        self._model = model
        self._searched = searched

    async def keep(self, seen: Sequence[Seen]) -> None:
        """Write it down, in one transaction."""
        recognised = _recognised(seen) if self._searched else []
        await self._results.learn(self._model, recognised)
        if seen:
            await self._database.write(self._write, [one.known for one in seen], recognised)

    def _write(self, connection: "Connection", known: Sequence[KnownFile], recognised: Sequence[Recognised]) -> None:
        known_files.remember(connection, self._manner, known)
        self._results.put(connection, self._model, recognised)


def _recognised(seen: Sequence[Seen]) -> list[Recognised]:
    return [Recognised(one.picture, findings.of_json(one.known.labels)) for one in seen if one.picture]
