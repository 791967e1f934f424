"""Results of recognition: recorded in batches, searched by labels."""

from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from image_tagger.domain.results import FoundPicture, PictureFile, Recognised, Search
from image_tagger.store.database import Database
from image_tagger.store.rows import write_rows
from image_tagger.store.searching import FEW, KnownLabel, find, strength
from image_tagger.store.tables import labels, pictures, results

AT_A_TIME = 1000  # keys of one statement
SIGN = 1 << 63
Expand = Callable[[str, Iterable[str]], frozenset[str]]  # a query, labels -> those that it finds


def _pictures(added: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    changed = {name: added.excluded[name] for name in ("sha256", "size", "modified", "fingerprint")}
    values: dict[str, Any] = {name: bindparam(name) for name in ("key", *changed)}
    return added.values(values).inline().on_conflict_do_update(index_elements=["key"], set_=changed)


PICTURES = {"sqlite": _pictures(sqlite.insert(pictures)), "postgresql": _pictures(postgresql.insert(pictures))}
RESULTS = results.insert().values(
    picture_id=bindparam("picture"),
    label_id=bindparam("label"),
    score=bindparam("score"),
    strength=bindparam("strength"),
)
IDS = select(pictures.c.key, pictures.c.id).where(pictures.c.key.in_(bindparam("keys", expanding=True)))
FORGET_OF_MODEL = delete(results).where(
    results.c.picture_id.in_(select(pictures.c.id).where(pictures.c.key.in_(bindparam("keys", expanding=True)))),
    # adding nothing keeps SQLite from seeking every label of the model, instead of reading the picture's few
    (results.c.label_id + 0).in_(select(labels.c.id).where(labels.c.model == bindparam("model"))),
)


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
        await self.learn(model, recognised)
        await self._database.write(self.put, model, recognised)

    async def learn(self, model: str, recognised: Sequence[Recognised]) -> None:
        """Know all labels of these, which `put` expects. New ones have a transaction of their own: all may add them."""
        names = {prediction.label for one in recognised for prediction in one.predictions}
        if new := [name for name in sorted(names) if (model, name) not in self._known]:
            await self._database.write(self._add_labels, model, new)
            await self._database.read(self._labels)

    def put(self, connection: Connection, model: str, recognised: Sequence[Recognised]) -> None:
        """The same as `record`, within a transaction that writes more, of labels that have been learnt."""
        latest = {one.picture.key: one for one in recognised}
        # pictures first: others who record the same ones then wait here, and see what they have to forget
        write_rows(connection, PICTURES[connection.dialect.name], [_row(one.picture) for one in latest.values()])
        for some in _chunks([*latest]):
            connection.execute(FORGET_OF_MODEL, {"model": model, "keys": some})
        ids = _ids_of(connection, [*latest])
        rows = [row for key, one in latest.items() for row in self._rows(ids[key], model, one)]
        write_rows(connection, RESULTS, rows)

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

    def _add_labels(self, connection: Connection, model: str, names: Sequence[str]) -> None:
        rows = [{"model": model, "name": name} for name in names]
        connection.execute(self._database.insert(labels).on_conflict_do_nothing(), rows)

    def _rows(self, picture: int, model: str, one: Recognised) -> Iterable[dict[str, Any]]:
        best: dict[str, float] = {}
        for prediction in one.predictions:
            best[prediction.label] = max(best.get(prediction.label, 0.0), prediction.score)
        known = self._known
        return [
            {"label": known[model, label].id, "score": score, "strength": strength(score), "picture": picture}
            for label, score in best.items()
        ]


def _row(file: PictureFile) -> dict[str, Any]:
    print64 = file.fingerprint
    return {
        "key": file.key,
        "sha256": file.sha256,
        "size": file.size,
        "modified": file.modified,
        "fingerprint": print64 if print64 is None or print64 < SIGN else print64 - 2 * SIGN,
    }


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
        found.update(connection.execute(IDS, {"keys": [*some]}).all())
    return found


def _chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + AT_A_TIME] for start in range(0, len(values), AT_A_TIME))
