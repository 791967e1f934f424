"""An XMP packet: its properties, the lists among them, and where in the bytes they are."""

from collections.abc import Iterator
from dataclasses import dataclass

from image_tagger.domain.errors import InvalidSidecar
from image_tagger.media.xmp.nodes import Edit, Node, edited, insertion, parse, removal

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
META = "adobe:ns:meta/"
ABOUT = (RDF, "about")
LISTS = ("Bag", "Seq", "Alt")


@dataclass(frozen=True, slots=True)
class Property:
    """The name of a property, and the prefix and the kind of list with which it is written anew."""

    namespace: str
    name: str
    prefix: str
    kind: str = "Bag"

    @property
    def tag(self) -> str:
        """The name as it is written."""
        return f"{self.prefix}:{self.name}"


class Packet:
    """Read once; changes make new bytes. Raises InvalidSidecar where the bytes are no XMP."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        root = parse(content)
        inside = root.of(RDF, "RDF") if (root.namespace, root.name) == (META, "xmpmeta") else [root]
        if len(inside) != 1 or (inside[0].namespace, inside[0].name) != (RDF, "RDF"):
            raise InvalidSidecar("the sidecar holds no XMP; it was left as it is")
        self.rdf = inside[0]

    @property
    def descriptions(self) -> list[Node]:
        """The elements whose children are properties."""
        return self.rdf.of(RDF, "Description")

    @property
    def about(self) -> str:
        """What the packet says it describes, which all its descriptions must say."""
        return next((node.attributes[ABOUT] for node in self.descriptions if ABOUT in node.attributes), "")

    def properties(self, namespace: str) -> Iterator[Node]:
        """All properties of a namespace."""
        for description in self.descriptions:
            yield from (node for node in description.children if node.namespace == namespace)

    def property(self, wanted: Property) -> Node | None:
        """The property of this name, if there is one."""
        return next((node for node in self.properties(wanted.namespace) if node.name == wanted.name), None)

    def items(self, wanted: Property) -> list[Node]:
        """The items of a list; none where there is no such list."""
        node = self.property(wanted)
        return _list_in(node).of(RDF, "li") if node else []

    def appended(self, wanted: Property, texts: list[str]) -> list[Edit]:
        """Edits that put items to the end of a list that is there, each spaced like the last one."""
        node = self.property(wanted)
        if node is None or not texts:
            return []
        holder = _list_in(node)
        last = holder.children[-1] if holder.children else None
        space = self.content[removal(self.content, last).start : last.start] if last else b""
        tag = f"{holder.prefix}:li" if holder.prefix else "li"
        lines = b"".join(space + f"<{tag}>{escaped(text)}</{tag}>".encode() for text in texts)
        return insertion(holder, last.end if last else holder.opened, lines)

    def described(self, description: bytes) -> list[Edit]:
        """Edits that put one more description behind the others."""
        place = self.rdf.children[-1].end if self.rdf.children else self.rdf.opened
        return insertion(self.rdf, place, description)

    def without(self, gone: list[Node]) -> bytes:
        """The bytes without these elements, none of which is inside another one."""
        return edited(self.content, (removal(self.content, node) for node in gone))


def _list_in(node: Node) -> Node:
    holders = [child for child in node.children if child.namespace == RDF and child.name in LISTS]
    if len(holders) != 1:
        raise InvalidSidecar(f"the sidecar's {node.name} is no list; it was left as it is")
    return holders[0]


def escaped(text: str) -> str:
    """Text as it stands in XML."""
    return storable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def storable(text: str) -> str:
    """Text with spaces for the characters that XML cannot hold."""
    return "".join(c if _allowed(ord(c)) else " " for c in text)


def _allowed(code: int) -> bool:
    return code in {0x9, 0xA} or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
