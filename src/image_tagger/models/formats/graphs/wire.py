"""Parts of a protobuf message by the numbers of their fields; what can be read in two ways is refused."""

from collections.abc import Iterator

from image_tagger.models.formats.protobuf import LENGTH, NOTHING, fields


def parts(message: memoryview, number: int) -> Iterator[memoryview]:
    """The embedded messages or strings that a repeated field holds. Raises ValueError for what is no message."""
    for field in fields(message):
        if field.number == number:
            if field.wire != LENGTH:  # a library passes over it; here it would be taken for a part
                raise ValueError(f"its field {number} is written as a number")
            yield field.content


def only(message: memoryview, number: int) -> memoryview:
    """The only one of them; empty where there is none. Raises ValueError."""
    found = list(parts(message, number))
    if len(found) > 1:  # libraries take the last one, or join them
        raise ValueError(f"its field {number} stands there {len(found)} times")
    return found[0] if found else NOTHING


def text(message: memoryview, number: int) -> str:
    """A string field's value; empty where there is none. Raises ValueError."""
    return bytes(only(message, number)).decode()


def entries(message: memoryview, number: int) -> Iterator[tuple[str, memoryview]]:
    """Keys and values of a map field whose values are messages. Raises ValueError."""
    seen = set[str]()
    for entry in parts(message, number):
        key = text(entry, 1)
        if key in seen:
            raise ValueError(f"{key!r} stands there twice")
        seen.add(key)
        yield key, only(entry, 2)
