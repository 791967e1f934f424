"""Results on standard output: for people, or as JSON, JSON lines or CSV for programs."""

import csv
import json
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


class Report:
    """Writes one result after the other; a context, since JSON needs its brackets closed."""

    def __init__(self, form: Format, to: TextIO) -> None:
        self._form, self._to = form, to
        self._rows = csv.writer(to, lineterminator="\n")
        self._count = 0

    def __enter__(self) -> "Report":
        if self._form is Format.CSV:
            self._rows.writerow(HEADER)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._form is Format.JSON:
            self._to.write("\n]\n" if self._count else "[]\n")

    def add(self, picture: str, result: FrameResult | TaggerError) -> None:
        """Write one picture's result, or its error."""
        writers = {
            Format.TEXT: self._add_text,
            Format.JSON: self._add_json,
            Format.JSONL: self._add_json,
            Format.CSV: self._add_csv,
        }
        writers[self._form](_printable(picture), result)
        self._count += 1
        self._to.flush()

    def _add_text(self, picture: str, result: FrameResult | TaggerError) -> None:
        if isinstance(result, FrameResult):
            labels = ", ".join(f"{p.label} {p.score:.1%}" for p in result.predictions)
            self._to.write(f"{picture}: {labels or '(nothing)'}\n")

    def _add_json(self, picture: str, result: FrameResult | TaggerError) -> None:
        if self._form is Format.JSON:
            self._to.write(",\n" if self._count else "[\n")
        self._to.write(json.dumps(_wire(picture, result)) + ("\n" if self._form is Format.JSONL else ""))

    def _add_csv(self, picture: str, result: FrameResult | TaggerError) -> None:
        if isinstance(result, TaggerError):
            self._rows.writerow((picture, "", "", "", str(result)))
            return
        for rank, prediction in enumerate(result.predictions, 1):
            self._rows.writerow((picture, rank, prediction.label, f"{prediction.score:.6f}", ""))


def _wire(picture: str, result: FrameResult | TaggerError) -> dict[str, Any]:
    if isinstance(result, TaggerError):
        return {"picture": picture, "error": str(result)}
    return {"picture": picture, "labels": [{"label": p.label, "confidence": p.score} for p in result.predictions]}


def _printable(picture: str) -> str:
    """File names of the file system are bytes; those that are no text must not stop the report."""
    return picture.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
