"""Protocol Buffers in text form, read into a tree, with limits on everything that can be repeated."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MOST_TOKENS = 1_000_000  # a network of 5000 layers has half of them
MOST_LAYERS = 20_000
DEEPEST = 32  # messages in messages
LAYERS = ("layer", "layers")
CLOSING = {"{": "}", "<": ">"}
WHOLE = re.compile(r"-?\d{1,18}")
TOKEN = re.compile(
    r"(?P<blank>(?:\s|\#[^\n]*)+)|(?P<word>[A-Za-z_][\w.]*)|(?P<number>[-+]?[\d.][\w.+-]*|-\s*[A-Za-z]+)"
    r"|(?P<text>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')|(?P<mark>[{}<>\[\]:;,])"
)


@dataclass(slots=True)
class Message:
    """The fields of a message by name, and where it stands in the text, its own name included."""

    fields: "dict[str, list[str | Message]]" = field(default_factory=dict)
    start: int = 0
    end: int = 0

    def text(self, name: str, default: str = "") -> str:
        """The last value of a field that is a text or a number."""
        found = self.texts(name)
        return found[-1] if found else default

    def texts(self, name: str) -> list[str]:
        """All values of a field that are texts or numbers."""
        return [value for value in self.fields.get(name, []) if isinstance(value, str)]

    def messages(self, name: str) -> "list[Message]":
        """All values of a field that are messages."""
        return [value for value in self.fields.get(name, []) if isinstance(value, Message)]

    def numbers(self, name: str) -> list[int]:
        """All values of a field that must be whole numbers. Raises ValueError."""
        values = self.texts(name)
        for value in values:
            if not WHOLE.fullmatch(value):
                raise ValueError(f"its {name} is {value[:20]!r}, no whole number")
        return [int(value) for value in values]


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a number, a text without its quotes, or a mark."""

    kind: str
    value: str
    start: int
    end: int


def parse(text: str) -> Message:
    """The tree of a text. Raises ValueError, with the line, for what is no such text or exceeds the limits."""
    return _Parser(text).message(None, 0)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._next = next(self._tokens, None)
        self._layers = 0

    def message(self, closing: str | None, depth: int) -> Message:
        """Fields up to the closing mark."""
        if depth > DEEPEST:
            raise ValueError(f"it has more than {DEEPEST} messages in each other")
        found = Message()
        while self._next is not None and not self._is(closing):
            if self._is(";") or self._is(","):
                self._take()
            else:
                self._field(found, depth)
        if closing is not None:
            self._expect(closing)
        return found

    def _field(self, into: Message, depth: int) -> None:
        name = self._take("word")
        self._layers += depth == 0 and name.value in LAYERS
        if self._layers > MOST_LAYERS:
            raise ValueError(f"it has more than {MOST_LAYERS} layers")
        values = into.fields.setdefault(name.value, [])
        separated = self._is(":")
        if separated:
            self._take()
        if self._is("["):
            values += self._several(name, depth)
        elif separated or self._is("{") or self._is("<"):
            values.append(self._value(name, depth))
        else:
            raise self._wrong()

    def _several(self, name: Token, depth: int) -> Iterator[str | Message]:
        self._take()
        while not self._is("]"):
            yield self._value(name, depth)
            if self._is(","):
                self._take()
        self._take()

    def _value(self, name: Token, depth: int) -> str | Message:
        token = self._take()
        if token.value in CLOSING and token.kind == "mark":
            inside = self.message(CLOSING[token.value], depth + 1)
            inside.start, inside.end = name.start, self._ended
            return inside
        if token.kind == "mark":
            raise self._wrong(token)
        value = token.value
        while token.kind == "text" and self._next is not None and self._next.kind == "text":
            value += self._take().value
        return value

    def _is(self, mark: str | None) -> bool:
        return self._next is not None and self._next.kind == "mark" and self._next.value == mark

    def _expect(self, mark: str) -> None:
        if not self._is(mark):
            raise self._wrong()
        self._take()

    def _take(self, kind: str = "") -> Token:
        token = self._next
        if token is None or (kind and token.kind != kind):
            raise self._wrong()
        self._ended = token.end
        self._next = next(self._tokens, None)
        return token

    def _wrong(self, token: Token | None = None) -> ValueError:
        at = token or self._next
        if at is None:
            return ValueError("it is cut short")
        return _wrong_at(self._text, at.start)


def _tokens(text: str) -> Iterator[Token]:
    at = count = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise _wrong_at(text, at)
        at, kind = found.end(), str(found.lastgroup)
        if kind == "blank":
            continue
        count += 1
        if count > MOST_TOKENS:
            raise ValueError(f"it has more than {MOST_TOKENS} words")
        value = found[0][1:-1] if kind == "text" else found[0]
        yield Token(kind, value, found.start(), at)


def _wrong_at(text: str, place: int) -> ValueError:
    return ValueError(f"line {text.count(chr(10), 0, place) + 1} is no prototxt: {text[place : place + 20]!r}")
