"""XML as a tree whose elements know their bytes, so that a change leaves all other bytes as they are."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.parsers import expat

from image_tagger.domain.errors import InvalidSidecar

MOST_BYTES = 16 * 1024 * 1024  # sidecars with painted masks reach a few million
MOST_DEPTH = 64
BETWEEN = "\n"  # namespace, name and prefix, as expat gives them; a line break is in none of them
START_TAG = re.compile(rb"""<[^\s/>]+(?:[^"'>]|"[^"]*"|'[^']*')*>""")
SPACE = b" \t\r\n"


@dataclass(slots=True, eq=False)
class Node:
    """An element.

    namespace, name, prefix: of the element. attributes: by (namespace, name), those that declare namespaces left out.
    start, opened, closed, end: places of its first byte, behind its start tag, of its end tag, and behind that;
    for one without an end tag the latter three are the same.
    """

    namespace: str
    name: str
    prefix: str
    attributes: dict[tuple[str, str], str]
    start: int
    opened: int
    closed: int = 0
    end: int = 0
    text: str = ""
    children: list["Node"] = field(default_factory=list)

    @property
    def tag(self) -> str:
        """The name as it is written."""
        return f"{self.prefix}:{self.name}" if self.prefix else self.name

    @property
    def is_empty_tag(self) -> bool:
        """Whether it is written as `<a/>`."""
        return self.opened == self.end

    def of(self, namespace: str, name: str) -> "list[Node]":
        """Its children of this name."""
        return [child for child in self.children if (child.namespace, child.name) == (namespace, name)]


def parse(content: bytes) -> Node:
    """The root element. Raises InvalidSidecar for what is no XML in UTF-8, too large, too deep, or has a DOCTYPE."""
    if len(content) > MOST_BYTES:
        raise InvalidSidecar(f"the sidecar has {len(content)} bytes; at most {MOST_BYTES} are read")
    return _Reader(content).read()


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._root: Node | None = None
        self._open: list[Node] = []
        self._parser = expat.ParserCreate(namespace_separator=BETWEEN)
        self._parser.namespace_prefixes = True
        self._parser.buffer_text = True
        self._parser.XmlDeclHandler = self._declared
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters

    def read(self) -> Node:
        try:
            self._content.decode()  # UTF-16, too, would be parsed, but could not be changed byte by byte
            self._parser.Parse(self._content, True)
        except (expat.ExpatError, UnicodeDecodeError) as error:
            raise InvalidSidecar("the sidecar is no XML that can be read; it was left as it is") from error
        if self._root is None:
            raise InvalidSidecar("the sidecar is empty; it was left as it is")
        return self._root

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        del version, standalone
        if encoding and encoding.upper() not in {"UTF-8", "UTF8", "US-ASCII"}:
            raise InvalidSidecar("the sidecar is not written in UTF-8; it was left as it is")

    def _doctype(self, name: str, system: str | None, public: str | None, internal: bool) -> None:
        del name, system, public, internal
        raise InvalidSidecar("the sidecar has a DOCTYPE, which no XMP has; it was left as it is")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= MOST_DEPTH:
            raise InvalidSidecar("the sidecar is nested too deeply; it was left as it is")
        start = self._parser.CurrentByteIndex
        tag = START_TAG.match(self._content, start)
        if tag is None:
            raise InvalidSidecar("the sidecar is no XML that can be read; it was left as it is")
        node = Node(*_parts(name), {_parts(key)[:2]: value for key, value in attributes.items()}, start, tag.end())
        if self._open:
            self._open[-1].children.append(node)
        else:
            self._root = node
        self._open.append(node)

    def _end(self, name: str) -> None:
        del name
        node = self._open.pop()
        node.closed = node.end = node.opened
        if not self._content.endswith(b"/>", node.start, node.opened):
            node.closed = self._parser.CurrentByteIndex
            node.end = self._content.index(b">", node.closed) + 1

    def _characters(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text


def _parts(name: str) -> tuple[str, str, str]:
    """Namespace, name, prefix; the first and the last may be empty."""
    parts = name.split(BETWEEN)
    if len(parts) == 1:
        return "", name, ""
    return parts[0], parts[1], "".join(parts[2:])


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes from `start` up to `end` give way to `text`."""

    start: int
    end: int
    text: bytes = b""


def edited(content: bytes, edits: Iterable[Edit]) -> bytes:
    """The content after edits that do not overlap; those at one place in their order."""
    parts, place = list[bytes](), 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        parts += [content[place : edit.start], edit.text]
        place = edit.end
    return b"".join([*parts, content[place:]])


def removal(content: bytes, node: Node) -> Edit:
    """An element and the white space before it."""
    return Edit(len(content[: node.start].rstrip(SPACE)), node.end)


def insertion(node: Node, place: int, text: bytes) -> list[Edit]:
    """Text at a place inside an element; one without an end tag gets it."""
    if not node.is_empty_tag:
        return [Edit(place, place, text)]
    return [Edit(node.end - 2, node.end, b">" + text + f"</{node.tag}>".encode())]
