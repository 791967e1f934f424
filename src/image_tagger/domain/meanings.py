"""What words can mean: WordNet's synsets, in a text with one of them on each line."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """One meaning.

    key: eight digits (in WordNet 3.0, the number of the synset). words: that can mean it. parents: the keys of what it
    is a kind of. labels: what models call it that have it as a class.
    """

    key: str
    words: tuple[str, ...]
    parents: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


class Meanings:
    """Meanings by key, by word and by the name of a class.

    A line of the text is the key, the words, the parents' keys and the names of the class, with tabs between them, `|`
    between words and names, spaces between keys. Lines stay text until somebody asks for them, so that thousands of
    them are there at once.
    """

    def __init__(self, text: str) -> None:
        self._lines = {line[:8]: line for line in text.splitlines()}
        self._words: dict[str, str] = {}  # keys, with spaces between them
        self._classes: dict[str, str] = {}  # the same
        for line in text.casefold().splitlines():
            key = line[:8]
            for word in line[9 : line.index("\t", 9)].split("|"):
                self._words[word] = f"{self._words[word]} {key}" if word in self._words else key
        for key, line in self._lines.items():
            if not line.endswith("\t"):
                self._add_class(key, line.rpartition("\t")[2].split("|"))

    def __contains__(self, key: str) -> bool:
        return key in self._lines

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def meaning(self, key: str) -> Meaning:
        """The meaning of a key that is there."""
        _, words, parents, labels = self._lines[key].split("\t")
        return Meaning(key, _parts(words), tuple(parents.split()), _parts(labels))

    def of_word(self, word: str) -> tuple[str, ...]:
        """The keys of all that a word in lower case can mean."""
        return tuple(dict.fromkeys(self._words.get(word, "").split()))

    def of_class(self, name: str) -> tuple[str, ...]:
        """The keys of the classes of this name, as it is spelled if one is spelled so (`Cardigan` is a dog)."""
        found = self._classes.get(name) or self._classes.get(f"\t{name.casefold()}", "")
        return tuple(dict.fromkeys(found.split()))

    def _add_class(self, key: str, labels: list[str]) -> None:
        for form in (form for label in labels for form in (label, f"\t{label.casefold()}")):
            self._classes[form] = f"{self._classes.get(form, '')} {key}"


def _parts(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()
