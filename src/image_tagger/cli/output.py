"""Standard output: what it can show, and JSON that is whole whenever it ends."""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TextIO

from image_tagger.domain.errors import TaggerError


def standard_output() -> TextIO:
    """Standard output, where characters that its encoding lacks are escaped. Raises TaggerError where it is closed."""
    if sys.stdout is None:
        raise TaggerError("the results cannot be written: standard output is closed")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    return sys.stdout


class JsonArray:
    """One JSON array, an object after the other; a context, since its bracket must be closed however it ends.

    Raises TaggerError where it cannot be written, and BrokenPipeError where nobody reads it.
    """

    def __init__(self, to: TextIO) -> None:
        self._to = to
        self._count = 0

    def __enter__(self) -> "JsonArray":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with writing():
            self._to.write("\n]\n" if self._count else "[]\n")
            self._to.flush()

    def add(self, value: dict[str, Any]) -> None:
        """One more object."""
        with writing():
            self._to.write((",\n" if self._count else "[\n") + json.dumps(value))
            self._to.flush()
        self._count += 1


def printable(name: str) -> str:
    """File names of the file system are bytes; those that are no text must not stop the report."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def visible(name: str) -> str:
    """A name on one line of a terminal: what cannot be printed, line breaks and colours included, is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in printable(name))


@contextmanager
def writing() -> Iterator[None]:
    """Around every write: a full disk becomes a TaggerError."""
    try:
        yield
    except BrokenPipeError:  # whoever read along has seen enough: `| head`
        raise
    except OSError as error:
        raise TaggerError(f"the results cannot be written: {error.strerror}") from error
