"""The language of searches: labels joined by `and`, `or` and `not`, as in `dog and not (beach or "crane (bird)")`."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from image_tagger.domain.errors import InvalidRequest

LONGEST = 1000  # characters
MOST_LABELS = 50
DEEPEST = 20  # brackets and `not`s in one another
WORDS = ("and", "or", "not")
TOKEN = re.compile(r'\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<bracket>[()])|(?P<word>[^\s()"]+))')
ESCAPED = re.compile(r"\\(.)")


class InvalidSearch(InvalidRequest):
    """The text is no search. position: of the character where it stops being one, from 1."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"the search means nothing at character {position}: {message}")
        self.position = position


@dataclass(frozen=True, slots=True)
class Label:
    """Pictures with this label, one of its synonyms, or a kind of it."""

    text: str


@dataclass(frozen=True, slots=True)
class Not:
    """Pictures that are not found by it."""

    of: "Expression"


@dataclass(frozen=True, slots=True)
class And:
    """Pictures that all of the parts find."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Pictures that one of the parts finds, or several."""

    parts: tuple["Expression", ...]


Expression = Label | Not | And | Or


def read_search(text: str) -> Expression:
    """The meaning of a search. Raises InvalidSearch with the position of what is wrong.

    `not` binds before `and`, `and` before `or`. Words that stand side by side are one label; quotes make a label of
    anything, with `\\"` for a quote.
    """
    if len(text) > LONGEST:
        raise InvalidSearch(f"it is longer than {LONGEST} characters", LONGEST + 1)
    return _Reader(text).whole()


@dataclass(frozen=True, slots=True)
class _Token:
    """kind: `and`, `or`, `not`, `(`, `)`, `word`, `quoted`, or nothing at the end. position: from 1."""

    kind: str
    text: str
    position: int


def _tokens(text: str) -> Iterator[_Token]:
    place, end = 0, len(text.rstrip())
    while place < end:
        found = TOKEN.match(text, place)
        if found is None:  # nothing else fits nowhere
            raise InvalidSearch("the quote has no end", text.index('"', place) + 1)
        kind = found.lastgroup or ""
        said = found[kind]
        if kind == "quoted":
            said = ESCAPED.sub(r"\1", said[1:-1])
        elif kind == "bracket" or said.lower() in WORDS:
            kind = said.lower()
        yield _Token(kind, said, found.start(found.lastgroup or 0) + 1)
        place = found.end()
    yield _Token("", "", len(text) + 1)


class _Reader:
    """Reads from left to right, one token ahead."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = next(self._tokens)
        self._labels = 0
        self._depth = 0

    def whole(self) -> Expression:
        """All of it."""
        if not self._next.kind:
            raise InvalidSearch("it is empty", 1)
        found = self._any_of()
        if self._next.kind:
            raise InvalidSearch(f"{self._next.text!r} is not expected here", self._next.position)
        return found

    def _any_of(self) -> Expression:
        parts = self._joined("or", self._all_of)
        return parts[0] if len(parts) == 1 else Or(parts)

    def _all_of(self) -> Expression:
        parts = self._joined("and", self._one)
        return parts[0] if len(parts) == 1 else And(parts)

    def _joined(self, word: str, read: Callable[[], Expression]) -> tuple[Expression, ...]:
        parts = [read()]
        while self._next.kind == word:
            self._take()
            parts.append(read())
        return tuple(parts)

    def _one(self) -> Expression:
        token = self._take()
        if token.kind in {"not", "("}:
            return self._inner(token)
        if token.kind == "quoted":
            return self._label(token, token.text)
        if token.kind != "word":
            what = f"a label is expected instead of {token.text!r}" if token.kind else "a label is expected at its end"
            raise InvalidSearch(what, token.position)
        words = [token.text]
        while self._next.kind == "word":
            words.append(self._take().text)
        return self._label(token, " ".join(words))

    def _inner(self, opening: _Token) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST:
            raise InvalidSearch("it is nested too deeply", opening.position)
        found: Expression = Not(self._one()) if opening.kind == "not" else self._any_of()
        if opening.kind == "(" and self._take().kind != ")":
            raise InvalidSearch("the bracket has no end", opening.position)
        self._depth -= 1
        return found

    def _label(self, token: _Token, text: str) -> Label:
        self._labels += 1
        if self._labels > MOST_LABELS:
            raise InvalidSearch(f"it has more than {MOST_LABELS} labels", token.position)
        if not text.strip():
            raise InvalidSearch("a label is empty", token.position)
        return Label(text)

    def _take(self) -> _Token:
        token = self._next
        self._next = next(self._tokens, token)
        return token
