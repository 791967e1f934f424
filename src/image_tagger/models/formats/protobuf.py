"""The fields of a Protocol Buffers message, read without a library and without trust."""

from collections.abc import Iterator
from dataclasses import dataclass

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
FIXED = {FIXED64: 8, FIXED32: 4}
MOST_VARINT = 10  # bytes
NOTHING = memoryview(b"")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: a whole number, or the bytes of anything else. Nothing is copied."""

    number: int
    value: int = 0
    content: memoryview = NOTHING
    wire: int = VARINT  # how it is written

    @property
    def text(self) -> str:
        """The content as text; what is no UTF-8 is replaced."""
        return bytes(self.content).decode("utf-8", "replace")


def fields(message: memoryview) -> Iterator[Field]:
    """The fields in the order in which they stand. Raises ValueError where the message is none, or is cut short."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if not number:
            raise ValueError("it has a field without a number")
        if wire == VARINT:
            value, at = _varint(message, at)
            yield Field(number, value)
            continue
        length = FIXED.get(wire, -1)
        if wire == LENGTH:
            length, at = _varint(message, at)
        if length < 0:
            raise ValueError("it has a field of an unknown kind")
        if at + length > len(message):
            raise ValueError(f"it is cut short: {at + length - len(message)} more bytes are announced")
        yield Field(number, content=message[at : at + length], wire=wire)
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = 0
    for place in range(MOST_VARINT):
        if at + place >= len(message):
            raise ValueError("it is cut short")
        byte = message[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    raise ValueError("a number in it has too many bytes")
