"""Parts of a protobuf message by the numbers of their fields."""

from collections.abc import Iterator

from image_tagger.models.formats.protobuf import NOTHING, fields


def parts(message: memoryview, number: int) -> Iterator[memoryview]:
    """The embedded messages or strings that a repeated field holds. Raises ValueError for what is no message."""
    return (field.content for field in fields(message) if field.number == number)


def first(message: memoryview, number: int) -> memoryview:
    """The first of them; empty where there is none. Raises ValueError."""
    return next(parts(message, number), NOTHING)


def text(message: memoryview, number: int) -> str:
    """A string field's value; empty where there is none. Raises ValueError."""
    return bytes(first(message, number)).decode()


def entries(message: memoryview, number: int) -> Iterator[tuple[str, memoryview]]:
    """Keys and values of a map field whose values are messages. Raises ValueError."""
    return ((text(entry, 1), first(entry, 2)) for entry in parts(message, number))
