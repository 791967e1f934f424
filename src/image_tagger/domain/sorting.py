"""Which class a picture belongs to, by what a model sees in it, and which words can be classes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.labels import keras
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.taxonomy import names

BEST = 5  # labels that the rule of substrings looks at
LIKELY = 0.5  # the score from which on a picture is of a class, where nothing else is said
LONGEST_CLASS = 255  # bytes, as file systems have it
REMEMBERED = 8192  # labels
SEPARATORS = frozenset("/\\:")  # on one system or another

Distance = Callable[[str, str], int | None]  # from a class to a label; None where the class does not find it


class Match(StrEnum):
    """How classes and labels are compared."""

    SUBSTRING = "substring"  # the class stands somewhere in the five best labels
    HIERARCHY = "hierarchy"  # the label is a kind of the class
    EXACT = "exact"  # the class is one of the label's names


@dataclass(frozen=True, slots=True)
class Rule:
    """classes: names of folders, the first one first. min_score: None for what is usual with this match.

    Raises InvalidRequest for a class that cannot be a folder of its own.
    """

    classes: tuple[str, ...]
    match: Match = Match.SUBSTRING
    min_score: float | None = None

    def __post_init__(self) -> None:
        for one in self.classes:
            _check(one)

    @property
    def least(self) -> float:
        """The least score: of a label that counts at all for substrings, of the class otherwise."""
        if self.min_score is not None:
            return self.min_score
        return 0.0 if self.match is Match.SUBSTRING else LIKELY

    @property
    def selection(self) -> Selection:
        """What the engine must be asked for."""
        return Selection(BEST, self.least) if self.match is Match.SUBSTRING else Selection(None)


class Sorter:
    """A rule at work on the labels of one model."""

    def __init__(self, rule: Rule, distance: Distance, *, exclusive: bool) -> None:
        """distance: the taxonomy's, for a match by hierarchy. exclusive: one label at most is true of a picture."""
        self._rule = rule
        self._distance = named if rule.match is Match.EXACT else distance
        self._exclusive = exclusive
        self._class_of_label = lru_cache(REMEMBERED)(self._nearest)

    def class_of(self, predictions: Iterable[Prediction]) -> str | None:
        """The class of a picture of which the model says this, best first, asked with the rule's selection.

        By substring: the first class that stands in the five best labels. Else a label counts for the class that is
        nearest to it, the scores of a class are added (the best one counts where several labels can be true), and the
        class with the highest score wins if that is enough.
        """
        if self._rule.match is Match.SUBSTRING:
            return first_in(self._rule.classes, predictions)
        scores: dict[str, float] = {}
        for prediction in predictions:
            one = self._class_of_label(prediction.label)
            if one is not None:
                before = scores.get(one, 0.0)
                scores[one] = before + prediction.score if self._exclusive else max(before, prediction.score)
        found = [one for one in self._rule.classes if scores.get(one, -1.0) >= self._rule.least]
        return max(found, key=scores.__getitem__, default=None)

    def without_labels(self, labels: Iterable[str]) -> tuple[str, ...]:
        """The classes that none of these labels can lead to."""
        every = tuple(labels)
        return tuple(one for one in self._rule.classes if not any(self._finds(one, label) for label in every))

    def _finds(self, one: str, label: str) -> bool:
        if self._rule.match is Match.SUBSTRING:
            return one in f" {keras(label)}" or " " in one.strip()  # one with a blank may stand across two labels
        return self._distance(one, label) is not None

    def _nearest(self, label: str) -> str | None:
        far = [(self._distance(one, label), one) for one in self._rule.classes]
        found = [(distance, one) for distance, one in far if distance is not None]
        return min(found, key=lambda one: one[0])[1] if found else None


def first_in(classes: Iterable[str], predictions: Iterable[Prediction]) -> str | None:
    """The first class that stands in the labels, in the spelling of Keras and with a blank before each."""
    text = "".join(f" {keras(prediction.label)}" for prediction in predictions)
    return next((one for one in classes if one in text), None)


def named(one: str, label: str) -> int | None:
    """The distance of a class that is one of the label's names, in any case, with `_` for spaces."""
    return None if names(one).isdisjoint(names(label)) else 0


def _check(one: str) -> None:
    try:
        length = len(one.encode())
    except UnicodeEncodeError as error:  # half a surrogate pair
        raise InvalidRequest("a class is no text") from error
    if not one.strip() or not one.strip("."):
        raise InvalidRequest("a class must not be empty, blank or dots only")
    if length > LONGEST_CLASS:
        raise InvalidRequest(f"a class must not be longer than {LONGEST_CLASS} bytes")
    if not SEPARATORS.isdisjoint(one) or not one.isprintable():
        raise InvalidRequest(f"{one!r} cannot be a class, since it cannot be the name of one folder")
