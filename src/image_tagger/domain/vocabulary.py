"""A user's own words for what a model says: labels mapped, merged, rolled up, hidden, renamed and translated."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from image_tagger.domain.geometry import Region
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.taxonomy import Taxonomy, names


class Scores(StrEnum):
    """What becomes of the scores of labels that get the same word."""

    AUTO = "auto"  # the sum of exclusive labels, the highest one of others
    SUM = "sum"
    MAX = "max"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the words are; the fields are applied in this order, each in the spelling of the file.

    hidden: labels and words that are left out. words: label -> word, by any of a label's names. rolled_up: words that
    stand for every kind of them, the nearest one where several do; not for labels in `words`. others: whether labels
    without a word of their own stay. renamed: word -> word. translated: the same, in the user's language; the groups
    of a label are renamed and translated, too.
    """

    hidden: frozenset[str] = frozenset()
    words: Mapping[str, str] = field(default_factory=dict)
    rolled_up: tuple[str, ...] = ()
    others: bool = True
    renamed: Mapping[str, str] = field(default_factory=dict)
    translated: Mapping[str, str] = field(default_factory=dict)
    scores: Scores = Scores.AUTO


class Wording:
    """A vocabulary at work on the labels of one model; labels are looked up once each."""

    def __init__(self, vocabulary: Vocabulary, taxonomy: Taxonomy, *, exclusive: bool) -> None:
        """`exclusive`: of the model's labels one at most is true, so that the scores of several may be added.

        Whether they are is in `adds`; then all predictions of a frame are needed, none selected before.
        """
        self._vocabulary = vocabulary
        self._taxonomy = taxonomy
        self.adds = vocabulary.scores is Scores.SUM or (vocabulary.scores is Scores.AUTO and exclusive)
        self._hidden = _by_name((label, "") for label in vocabulary.hidden)
        self._given = _by_name(vocabulary.words.items())
        self._known: dict[str, str | None] = {}

    def apply(self, predictions: Iterable[Prediction]) -> tuple[Prediction, ...]:
        """The predictions of one frame in the vocabulary's words, best first.

        Labels that get the same word in the same region become one prediction.
        """
        merged: dict[tuple[str, Region | None], Prediction] = {}
        for prediction in predictions:
            word = self._word(prediction.label)
            if word is not None:
                place = (self.say(word), prediction.region)
                merged[place] = self._together(merged.get(place), prediction, word)
        spoken = (self._spoken(prediction) for prediction in merged.values())
        return tuple(sorted(spoken, key=lambda prediction: -prediction.score))

    def word(self, label: str) -> str | None:
        """What is said for a label; None where it is hidden."""
        word = self._word(label)
        return None if word is None else self.say(word)

    def _word(self, label: str) -> str | None:
        if label not in self._known:
            self._known[label] = self._find_word(label)
        return self._known[label]

    def _find_word(self, label: str) -> str | None:
        if _found(self._hidden, label) is not None:
            return None
        word = _found(self._given, label) or self._nearest(label) or (label if self._vocabulary.others else None)
        return None if word is None or _found(self._hidden, word) is not None else word

    def _nearest(self, label: str) -> str | None:
        far = ((self._taxonomy.distance(word, label), word) for word in self._vocabulary.rolled_up)
        return min((one for one in far if one[0] is not None), default=(0, None), key=lambda one: one[0] or 0)[1]

    def _together(self, before: Prediction | None, prediction: Prediction, word: str) -> Prediction:
        if word == prediction.label and before is None:
            return prediction
        groups = prediction.groups[: prediction.groups.index(word)] if word in prediction.groups else ()
        if before is None:
            return Prediction(word, prediction.score, groups, prediction.region)
        score = min(before.score + prediction.score, 1.0) if self.adds else max(before.score, prediction.score)
        return Prediction(word, score, before.groups, before.region)

    def _spoken(self, prediction: Prediction) -> Prediction:
        label, groups = self.say(prediction.label), tuple(map(self.say, prediction.groups))
        if (label, groups) == (prediction.label, prediction.groups):
            return prediction
        return Prediction(label, prediction.score, groups, prediction.region, prediction.position)

    def say(self, word: str) -> str:
        """What a word, be it a label's or a group's, is called in the user's language."""
        renamed = self._vocabulary.renamed.get(word, word)
        return self._vocabulary.translated.get(renamed, renamed)


def _by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: word for label, word in pairs for name in names(label)}


def _found(table: Mapping[str, str], label: str) -> str | None:
    return next((table[name] for name in _in_order(label) if name in table), None)


def _in_order(label: str) -> Iterator[str]:
    """The names of a label, its first one first."""
    for name in label.split(","):
        yield from names(name)
