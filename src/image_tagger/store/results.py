"""Results of recognition: recorded in batches, searched by labels."""

from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Any

from sqlalchemy import Connection, delete, func, select

from image_tagger.domain.results import FoundPicture, PictureFile, Recognised, Search
from image_tagger.store.database import Database
from image_tagger.store.searching import FEW, KnownLabel, find
from image_tagger.store.tables import labels, pictures, results

AT_A_TIME = 1000  # keys of one statement
SIGN = 1 << 63
Expand = Callable[[str, Iterable[str]], frozenset[str]]  # a query, labels -> those that it finds


class Results:
    """Pictures with the scores of their labels, by model."""

    def __init__(self, database: Database, *, few: int = FEW) -> None:
        """few: as `searching.find` says."""
        self._database = database
        self._few = few
        self._known: dict[tuple[str, str], KnownLabel] = {}  # labels are never removed
        self._reading = Lock()

    async def record(self, model: str, recognised: Sequence[Recognised]) -> None:
        """What a model saw, instead of what it saw in the same pictures before. One transaction: keep batches small."""
        latest = {one.picture.key: one for one in recognised}
        names = {prediction.label for one in latest.values() for prediction in one.predictions}
        ids = await self._database.write(self._label_ids, model, names)
        await self._database.write(self._replace, model, latest, ids)

    async def known(self, keys: Sequence[str]) -> dict[str, PictureFile]:
        """The recorded pictures among these."""
        return await self._database.read(_known_pictures, keys)

    async def forget(self, keys: Sequence[str]) -> None:
        """Pictures that are no longer there, with their results."""
        await self._database.write(_forget, keys)

    async def empty(self) -> bool:
        """Whether nothing was ever recorded."""
        return not await self._database.read(
            lambda connection: connection.execute(select(pictures.c.id).limit(1)).all()
        )

    async def search(self, search: Search, expand: Expand) -> tuple[FoundPicture, ...]:
        """One page, by id. `expand` is called in a thread."""
        return await self._database.read(self._search, search, expand)

    def _search(self, connection: Connection, search: Search, expand: Expand) -> tuple[FoundPicture, ...]:
        return find(connection, search, self._labels(connection), expand, self._few)

    def _labels(self, connection: Connection) -> Sequence[KnownLabel]:
        with self._reading:
            # not only those with higher ids: on PostgreSQL a label may appear after one with a higher id
            if connection.execute(select(func.count()).select_from(labels)).scalar_one() != len(self._known):
                rows = connection.execute(select(labels).order_by(labels.c.id)).all()
                self._known = {(row.model, row.name): KnownLabel(row.id, row.model, row.name) for row in rows}
            return tuple(self._known.values())

    def _label_ids(self, connection: Connection, model: str, names: set[str]) -> dict[str, int]:
        if new := [{"model": model, "name": name} for name in sorted(names) if (model, name) not in self._known]:
            connection.execute(self._database.insert(labels).on_conflict_do_nothing(), new)
        rows = connection.execute(select(labels.c.name, labels.c.id).where(labels.c.model == model))
        return {name: number for name, number in rows if name in names}

    def _replace(
        self, connection: Connection, model: str, latest: dict[str, Recognised], label_ids: dict[str, int]
    ) -> None:
        if not latest:
            return
        picture_ids = self._picture_ids(connection, [one.picture for one in latest.values()])
        of_model = select(labels.c.id).where(labels.c.model == model)
        for some in _chunks(list(picture_ids.values())):
            connection.execute(delete(results).where(results.c.picture_id.in_(some), results.c.label_id.in_(of_model)))
        rows = [row for key, one in latest.items() for row in _rows(picture_ids[key], one, label_ids)]
        if rows:
            connection.execute(results.insert(), rows)

    def _picture_ids(self, connection: Connection, files: Sequence[PictureFile]) -> dict[str, int]:
        insert = self._database.insert(pictures)
        changed = {name: insert.excluded[name] for name in ("sha256", "size", "modified", "fingerprint")}
        connection.execute(insert.on_conflict_do_update(index_elements=["key"], set_=changed), list(map(_row, files)))
        return _ids_of(connection, [file.key for file in files])


def _row(file: PictureFile) -> dict[str, Any]:
    print64 = file.fingerprint
    return {
        "key": file.key,
        "sha256": file.sha256,
        "size": file.size,
        "modified": file.modified,
        "fingerprint": print64 if print64 is None or print64 < SIGN else print64 - 2 * SIGN,
    }


def _rows(picture_id: int, one: Recognised, label_ids: dict[str, int]) -> list[dict[str, Any]]:
    best: dict[int, float] = {}
    for prediction in one.predictions:
        number = label_ids[prediction.label]
        best[number] = max(best.get(number, 0.0), prediction.score)
    return [{"picture_id": picture_id, "label_id": number, "score": score} for number, score in best.items()]


def _known_pictures(connection: Connection, keys: Sequence[str]) -> dict[str, PictureFile]:
    found = {}
    for some in _chunks(keys):
        for row in connection.execute(select(pictures).where(pictures.c.key.in_(some))):
            unsigned = None if row.fingerprint is None else row.fingerprint % (2 * SIGN)
            found[row.key] = PictureFile(row.key, row.sha256, row.size, row.modified, unsigned)
    return found


def _forget(connection: Connection, keys: Sequence[str]) -> None:
    for some in _chunks(list(_ids_of(connection, keys).values())):
        connection.execute(delete(results).where(results.c.picture_id.in_(some)))
        connection.execute(delete(pictures).where(pictures.c.id.in_(some)))


def _ids_of(connection: Connection, keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in _chunks(keys):
        found.update(connection.execute(select(pictures.c.key, pictures.c.id).where(pictures.c.key.in_(some))).all())
    return found


def _chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + AT_A_TIME] for start in range(0, len(values), AT_A_TIME))
