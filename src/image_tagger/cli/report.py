"""Results on standard output: for people, or as JSON, JSON lines or CSV for programs."""

import csv
import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from types import TracebackType
from typing import Any, TextIO

from image_tagger.domain.errors import TaggerError
from image_tagger.domain.predictions import FrameResult

HEADER = ("picture", "rank", "label", "confidence", "error")


class Format(StrEnum):
    """How results are written."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


def standard_output() -> TextIO:
    """Standard output, where characters that its encoding lacks are escaped. Raises TaggerError where it is closed."""
    if sys.stdout is None:
        raise TaggerError("the results cannot be written: standard output is closed")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    return sys.stdout


class Report:
    """Writes one result after the other; a context, since JSON needs its brackets closed.

    Everything raises TaggerError where the results cannot be written, and BrokenPipeError where nobody reads them.
    """

    def __init__(self, form: Format, to: TextIO) -> None:
        self._form, self._to = form, to
        self._rows = csv.writer(to, lineterminator="\n")
        self._count = 0

    def __enter__(self) -> "Report":
        if self._form is Format.CSV:
            with _writing():
                self._rows.writerow(HEADER)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._form is Format.JSON:
            with _writing():
                self._to.write("\n]\n" if self._count else "[]\n")
                self._to.flush()

    def add(self, picture: str, result: FrameResult | TaggerError) -> None:
        """Write one picture's result, or its error."""
        writers = {
            Format.TEXT: self._add_text,
            Format.JSON: self._add_json,
            Format.JSONL: self._add_json,
            Format.CSV: self._add_csv,
        }
        with _writing():
            writers[self._form](picture, result)
            self._to.flush()
        self._count += 1

    def _add_text(self, picture: str, result: FrameResult | TaggerError) -> None:
        if isinstance(result, FrameResult):
            labels = ", ".join(f"{p.label} {p.score:.1%}" for p in result.predictions)
            self._to.write(f"{visible(picture)}: {labels or '(nothing)'}\n")

    def _add_json(self, picture: str, result: FrameResult | TaggerError) -> None:
        if self._form is Format.JSON:
            self._to.write(",\n" if self._count else "[\n")
        self._to.write(json.dumps(_wire(_text(picture), result)) + ("\n" if self._form is Format.JSONL else ""))

    def _add_csv(self, picture: str, result: FrameResult | TaggerError) -> None:
        name = _text(picture)
        if isinstance(result, TaggerError):
            self._rows.writerow((name, "", "", "", str(result)))
            return
        for rank, prediction in enumerate(result.predictions, 1):
            self._rows.writerow((name, rank, prediction.label, f"{prediction.score:.6f}", ""))
        if not result.predictions:  # every picture has a row
            self._rows.writerow((name, "", "", "", ""))


def visible(name: str) -> str:
    """A name on one line of a terminal: what cannot be printed, line breaks and colours included, is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in _text(name))


def _wire(picture: str, result: FrameResult | TaggerError) -> dict[str, Any]:
    if isinstance(result, TaggerError):
        return {"picture": picture, "error": str(result)}
    return {"picture": picture, "labels": [{"label": p.label, "confidence": p.score} for p in result.predictions]}


def _text(name: str) -> str:
    """File names of the file system are bytes; those that are no text must not stop the report."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # whoever read along has seen enough: `| head`
        raise
    except OSError as error:
        raise TaggerError(f"the results cannot be written: {error.strerror}") from error
