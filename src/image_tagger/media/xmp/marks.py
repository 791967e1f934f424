"""What is written into a sidecar and taken out of it again: keywords in everybody's lists, and a record of our own.

The record names each text that was added to a list and each list that was made, so that nothing else is ever removed.
All of it is lists and structures: other programs may turn simple properties into attributes of another element.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from image_tagger.media.xmp.nodes import Node, edited
from image_tagger.media.xmp.packet import RDF, Packet, Property, escaped, storable

OWN = "https://github.com/dkarageo/image_tagger/ns/1.0/"
PREFIX = "imagetagger"
SUBJECT = Property("http://purl.org/dc/elements/1.1/", "subject", "dc")
HIERARCHICAL = Property("http://ns.adobe.com/lightroom/1.0/", "hierarchicalSubject", "lr")
TAGS_LIST = Property("http://www.digikam.org/ns/1.0/", "TagsList", "digiKam", "Seq")
ADDED = {  # where the record keeps what was added to a list
    SUBJECT: Property(OWN, "AddedSubject", PREFIX),
    HIERARCHICAL: Property(OWN, "AddedHierarchicalSubject", PREFIX),
    TAGS_LIST: Property(OWN, "AddedTagsList", PREFIX),
}
MADE = Property(OWN, "Made", PREFIX)  # the lists that were not there before
MADE_FILE = "file"
NEW = b"""<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 </rdf:RDF>
</x:xmpmeta>
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """A label of a picture. path: the groups around it, the outermost first, and itself. score: in 0..1."""

    path: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who says so: the model, the SHA-256 of its network, and the program with its version."""

    model: str
    digest: str = ""
    software: str = ""


def marked(content: bytes | None, marks: tuple[Mark, ...], provenance: Provenance) -> bytes | None:
    """A sidecar's bytes with these labels in place of those that were written before; without any, as `unmarked`.

    None stands for no file. Raises InvalidSidecar.
    """
    before = None if content is None else unmarked(content)
    if not marks:
        return before
    packet = Packet(NEW if before is None else before)
    edits, added, made = [], dict[Property, list[str]](), [] if before is not None else [MADE_FILE]
    for wanted, texts in _texts(marks).items():
        there = {item.text for item in packet.items(wanted)}
        added[wanted] = [text for text in texts if text not in there]
        edits += packet.appended(wanted, added[wanted])
        if packet.property(wanted) is None:
            made.append(wanted.tag)
    lines = [*_lists(added, made), *_record(marks, provenance)]
    description = _description(packet.about, [line for line in lines if line])
    return edited(packet.content, [*edits, *packet.described(description)])


def unmarked(content: bytes) -> bytes | None:
    """A sidecar's bytes without anything of ours; None where nothing is left of a file that was ours.

    Raises InvalidSidecar.
    """
    packet = Packet(content)
    own = list(packet.properties(OWN))
    if not own:
        return content
    made = {item.text for item in packet.items(MADE)}
    gone = own + [node for wanted in ADDED for node in _added(packet, wanted, made)]
    empty = [node for node in packet.descriptions if _is_left_empty(packet, node, gone)]
    inner = [node for node in gone if not any(outer.start <= node.start < outer.end for outer in empty)]
    left = len(packet.rdf.children) - len(empty)
    return None if MADE_FILE in made and not left else packet.without([*inner, *empty])


def _added(packet: Packet, wanted: Property, made: set[str]) -> list[Node]:
    """Of a list the items that the record names, each once; the list itself where it was made for just them."""
    node = packet.property(wanted)
    if node is None:
        return []
    named = [item.text for item in packet.items(ADDED[wanted])]
    items, found = packet.items(wanted), list[Node]()
    for item in reversed(items):  # what was added came last
        if item.text in named:
            named.remove(item.text)
            found.append(item)
    return [node] if wanted.tag in made and len(found) == len(items) else found


def _is_left_empty(packet: Packet, description: Node, gone: list[Node]) -> bool:
    held = [node for node in description.children if node not in gone]
    others = [key for key in description.attributes if key[1] != "about"]
    comment = b"<!--" in packet.content[description.start : description.end]
    return bool(description.children) and not held and not others and not comment


def _texts(marks: tuple[Mark, ...]) -> dict[Property, list[str]]:
    """What each list gets: the label alone, and its path as Lightroom and as digiKam write it."""
    paths = [tuple(_clean(name) for name in mark.path) for mark in marks]
    return {
        SUBJECT: list(dict.fromkeys(path[-1] for path in paths)),
        HIERARCHICAL: list(dict.fromkeys("|".join(name.replace("|", "-") for name in path) for path in paths)),
        TAGS_LIST: list(dict.fromkeys("/".join(name.replace("/", "-") for name in path) for path in paths)),
    }


def _clean(name: str) -> str:
    """On one line, with spaces only where lists may have them: other programs cut those at the ends."""
    return " ".join(storable(name).split())


def _lists(added: dict[Property, list[str]], made: list[str]) -> Iterator[str]:
    for wanted, texts in added.items():
        if wanted.tag in made:
            yield _list(wanted, texts)
        yield _list(ADDED[wanted], texts)
    yield _list(MADE, made)


def _list(wanted: Property, texts: list[str]) -> str:
    if not texts:
        return ""
    items = "".join(f"\n     <rdf:li>{escaped(text)}</rdf:li>" for text in texts)
    return f"<{wanted.tag}>\n    <rdf:{wanted.kind}>{items}\n    </rdf:{wanted.kind}>\n   </{wanted.tag}>"


def _record(marks: tuple[Mark, ...], provenance: Provenance) -> Iterator[str]:
    labels = "".join(
        f"\n     <rdf:li {_fields(Label=_clean(mark.path[-1]), Score=f'{mark.score:.6f}')}/>" for mark in marks
    )
    yield f"<{PREFIX}:Labels>\n    <rdf:Seq>{labels}\n    </rdf:Seq>\n   </{PREFIX}:Labels>"
    yield f"<{PREFIX}:Model {_fields(Name=provenance.model, Digest=provenance.digest, Software=provenance.software)}/>"


def _fields(**values: str) -> str:
    """The fields of a structure in RDF's short form."""
    return " ".join(f'{PREFIX}:{name}="{escaped(value)}"' for name, value in values.items() if value)


def _description(about: str, lines: list[str]) -> bytes:
    spaces = {wanted.prefix: wanted.namespace for wanted in (*ADDED, MADE)} | {"rdf": RDF}
    declared = "".join(f"\n    xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in spaces.items())
    body = "".join(f"\n   {line}" for line in lines)
    return f'\n  <rdf:Description rdf:about="{escaped(about)}"{declared}>{body}\n  </rdf:Description>'.encode()
