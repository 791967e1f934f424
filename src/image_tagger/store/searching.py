"""Finds pictures by labels: from the rows of the labels where these are few, else picture by picture."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, exists, false, func, not_, or_, select

from image_tagger.domain.finding import And, Expression, Label, Not
from image_tagger.domain.results import FoundPicture, LabelScore, Search
from image_tagger.store.tables import labels, pictures, results

FEW = 20_000  # rows of labels that are read and sorted in about 10 ms
STRENGTHS = 4  # of scores from 0 to 1: enough that few rows below the least score are read
FIRST_CHECKED = 500  # candidates; then four times as many, and so on


@dataclass(frozen=True, slots=True)
class KnownLabel:
    """A label of a model that has been seen."""

    id: int
    model: str
    name: str


@dataclass(frozen=True, slots=True)
class _Start:
    """Labels one of which every picture that is found must have; `alone`: and that is all that is asked."""

    ids: frozenset[int]
    alone: bool


def strength(score: float) -> int:
    """What results of a label are sorted by: coarser than the score, so that new ones do not go all over the index."""
    return int(score * STRENGTHS)


def find(
    connection: Connection,
    search: Search,
    known: Sequence[KnownLabel],
    expand: Callable[[str, Iterable[str]], frozenset[str]],
    few: int = FEW,
) -> tuple[FoundPicture, ...]:
    """The page of pictures, by id. few: rows of the labels above which it goes picture by picture."""
    counted = [label for label in known if search.model in {"", label.model}]
    ids = _Finding(connection, search, _Meanings(counted, expand), few).page()
    return _described(connection, search, ids)


@dataclass(slots=True)
class _Meanings:
    """Texts of a search as ids of labels; each is expanded once."""

    labels: Sequence[KnownLabel]
    expand: Callable[[str, Iterable[str]], frozenset[str]]
    found: dict[str, frozenset[int]] = field(default_factory=dict)

    def ids(self, text: str) -> frozenset[int]:
        """Of the labels that the text finds."""
        if text not in self.found:
            names = self.expand(text, dict.fromkeys(label.name for label in self.labels))
            self.found[text] = frozenset(label.id for label in self.labels if label.name in names)
        return self.found[text]


class _Finding:
    """One search at work."""

    def __init__(self, connection: Connection, search: Search, meanings: _Meanings, few: int) -> None:
        self._connection = connection
        self._few = few
        self._search = search
        self._ids = meanings.ids

    def page(self) -> list[int]:
        """The ids of the pictures."""
        start = self._start(self._search.wanted)
        if start is None or self._count(start.ids) >= self._few:
            return self._fitting(pictures.c.id > self._search.after, self._search.limit)
        if start.alone:
            return self._candidates(start.ids, self._search.limit)
        return self._checked(self._candidates(start.ids, None))

    def _candidates(self, ids: frozenset[int], limit: int | None) -> list[int]:
        """Pictures with one of these labels, sorted."""
        rows = self._rows(ids).subquery()
        # adding nothing keeps SQLite from walking along the pictures, however rare the labels are
        number = rows.c.picture_id + 0
        found = select(number).where(number > self._search.after).distinct().order_by(number).limit(limit)
        return [*self._connection.scalars(found)]

    def _checked(self, candidates: Sequence[int]) -> list[int]:
        """Those of them that are wanted, until the page is full."""
        found: list[int] = []
        first, size = 0, FIRST_CHECKED
        while first < len(candidates) and (room := self._search.limit - len(found)):
            found += self._fitting(_one_of(pictures.c.id, candidates[first : first + size]), room)
            first, size = first + size, size * 4
        return found

    def _fitting(self, which: ColumnElement[bool], limit: int) -> list[int]:
        """The first of some pictures that are wanted."""
        wanted = self._condition(self._search.wanted)
        found = select(pictures.c.id).where(which, wanted).order_by(pictures.c.id).limit(limit)
        return [*self._connection.scalars(found)]

    def _start(self, wanted: Expression) -> _Start | None:
        if isinstance(wanted, Label):
            return _Start(self._ids(wanted.text), alone=True)
        if isinstance(wanted, Not):
            return None
        starts = [self._start(part) for part in wanted.parts]
        given = [start for start in starts if start is not None]
        if isinstance(wanted, And):
            best = min(given, key=lambda start: self._count(start.ids), default=None)
            return best and _Start(best.ids, alone=False)
        if len(given) < len(starts):
            return None
        return _Start(frozenset().union(*(start.ids for start in given)), alone=all(start.alone for start in given))

    def _count(self, ids: frozenset[int]) -> int:
        """How many rows these labels have; `few` stands for more."""
        some = self._rows(ids).limit(self._few).subquery()
        return self._connection.scalar(select(func.count()).select_from(some)) or 0

    def _rows(self, ids: frozenset[int]) -> Select[tuple[int]]:
        least = self._search.least
        strong = results.c.strength >= strength(least), results.c.score >= least
        return select(results.c.picture_id).where(_one_of(results.c.label_id, ids), *strong)

    def _condition(self, wanted: Expression) -> ColumnElement[bool]:
        if isinstance(wanted, Label):
            # adding nothing keeps SQLite from seeking each of a class's labels, instead of reading the picture's few
            label_id = results.c.label_id + 0
            row = results.c.picture_id == pictures.c.id, results.c.score >= self._search.least
            return exists().where(*row, _one_of(label_id, self._ids(wanted.text)))
        if isinstance(wanted, Not):
            return not_(self._condition(wanted.of))
        join = and_ if isinstance(wanted, And) else or_
        return join(*(self._condition(part) for part in wanted.parts))


def _one_of(column: ColumnElement[int], ids: Iterable[int]) -> ColumnElement[bool]:
    """Written into the statement: a class of the taxonomy can have more labels than a statement has parameters."""
    numbers = sorted(ids)
    return column.in_(bindparam(None, numbers, expanding=True, literal_execute=True)) if numbers else false()


def _described(connection: Connection, search: Search, ids: Sequence[int]) -> tuple[FoundPicture, ...]:
    rows = select(results.c.picture_id, labels.c.name, results.c.score, labels.c.model).join(labels)
    wanted: list[ColumnElement[Any]] = [_one_of(results.c.picture_id, ids), results.c.score >= search.least]
    if search.model:
        wanted.append(labels.c.model == search.model)
    scores = defaultdict(list)
    for number, name, score, model in connection.execute(rows.where(*wanted).order_by(results.c.score.desc())):
        scores[number].append(LabelScore(name, score, model))
    keys = select(pictures.c.id, pictures.c.key).where(_one_of(pictures.c.id, ids)).order_by(pictures.c.id)
    return tuple(FoundPicture(number, key, tuple(scores[number])) for number, key in connection.execute(keys))
