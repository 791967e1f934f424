"""What words for things in pictures mean, and what is a kind of what: the class `dog` finds a golden retriever."""

import re
from collections.abc import Iterable
from functools import lru_cache

from image_tagger.domain.labels import plain
from image_tagger.domain.meanings import Meaning, Meanings

REMEMBERED = 8192  # words, labels and meanings that are kept at hand
WNID = re.compile(r"n(\d{8})\b")
NARROWED = re.compile(r"(.+\S)\s*\(([^()]+)\)")
ENDINGS = (  # of plurals, and what stands there in the singular; WordNet's rules of detachment, and `wolves`
    ("ses", "s"), ("xes", "x"), ("zes", "z"), ("ches", "ch"), ("shes", "sh"), ("men", "man"), ("ies", "y"),
    ("ves", "f"), ("ves", "fe"), ("s", ""),
)  # fmt: skip


class Taxonomy:
    """Meanings, found by words and labels. What is not known is no error: it is itself and nothing else.

    A label means the classes that models call so, else what the word can mean. All names of a label count together:
    `mouse, computer mouse` is no animal. A query means all that the word can mean; `crane (bird)` is narrower. Both
    may be spelled in any case, with `_` for spaces, and as WordNet's id (`n02012849`); queries in the plural, too.
    """

    def __init__(self, meanings: Meanings) -> None:
        self._known = meanings
        self._of_label = lru_cache(REMEMBERED)(self._find_label)
        self._of_query = lru_cache(REMEMBERED)(self._find_query)
        self._above = lru_cache(REMEMBERED)(self._climb)
        self._names = lru_cache(REMEMBERED)(names)

    def finds(self, query: str, label: str) -> bool:
        """Whether a label is what was asked for: one of its names, a synonym, or a kind of it."""
        return self.distance(query, label) is not None

    def expand(self, query: str, labels: Iterable[str]) -> frozenset[str]:
        """Those of the labels that a query finds."""
        return frozenset(label for label in labels if self.finds(query, label))

    def distance(self, query: str, label: str) -> int | None:
        """How far up from a label it is to what a query asks for, 0 where they mean the same; None if not found.

        Of two queries that find a label, the one at the smaller distance is nearer to it.
        """
        if not self._names(query).isdisjoint(self._names(label)):
            return 0
        wanted = self._of_query(query)
        if not wanted:
            return None
        found = (self._above(key) for key in self._of_label(label))
        return min((place for kinds in found for place, kind in enumerate(kinds) if kind in wanted), default=None)

    def meanings(self, label: str) -> tuple[Meaning, ...]:
        """What a label can mean; nothing for what is not known."""
        return tuple(map(self._known.meaning, self._of_label(label)))

    def synonyms(self, label: str) -> tuple[str, ...]:
        """All words for what a label means."""
        return tuple(dict.fromkeys(word for meaning in self.meanings(label) for word in meaning.words))

    def _find_label(self, label: str) -> tuple[str, ...]:
        if (given := WNID.match(label)) and given[1] in self._known:
            return (given[1],)
        spelled = [plain(name) for name in label.split(",") if name.strip()]
        if not spelled:
            return ()
        common = set.intersection(*(set(self._known.of_word(name.casefold())) for name in spelled))
        classes = self._known.of_class(spelled[0])
        if len(spelled) > 1 and common:
            return tuple(sorted(common & set(classes) or common))
        return classes or self._of_word(spelled[0].casefold())

    def _find_query(self, query: str) -> frozenset[str]:
        if (given := WNID.match(query)) and given[1] in self._known:
            return frozenset({given[1]})
        if narrowed := NARROWED.fullmatch(query.strip()):
            within = self._find_query(narrowed[2])
            return frozenset(key for key in self._find_query(narrowed[1]) if not within.isdisjoint(self._above(key)))
        return frozenset(key for name in names(query) for key in (*self._known.of_class(name), *self._of_word(name)))

    def _of_word(self, word: str) -> tuple[str, ...]:
        """A word in lower case, or the word of which it is the plural."""
        singular = (word.removesuffix(end) + instead for end, instead in ENDINGS if word.endswith(end))
        return next((keys for one in (word, *singular) if (keys := self._known.of_word(one))), ())

    def _climb(self, key: str) -> tuple[str, ...]:
        """The meaning itself and all above it, level by level."""
        found, level = {key: None}, [key]
        while level:
            level = [parent for one in level for parent in self._known.meaning(one).parents if parent not in found]
            found.update(dict.fromkeys(level))
        return tuple(found)


def names(label: str) -> frozenset[str]:
    """The names in a label, in lower case and with spaces: `tabby, tabby_cat` -> `tabby`, `tabby cat`."""
    return frozenset(plain(name).casefold() for name in label.split(",") if name.strip())
