"""What came of pictures as lines of files: JSON lines and CSV."""

import csv
import io
import json
from typing import Any

from image_tagger.jobs.outcomes import Outcome

HEADER = ("picture", "rank", "label", "confidence", "error")  # as `image-tagger tag --csv`


def as_json(one: Outcome) -> dict[str, Any]:
    """A picture with its labels or its error, as `image-tagger tag --json` gives it."""
    named = {"picture": text(one.name)}
    if one.error is not None:
        return {**named, "error": one.error.message}
    return {**named, "labels": one.labels} if one.labels is not None else {**named, "error": one.state.value}


def json_line(one: Outcome) -> str:
    """A line of JSON."""
    return f"{json.dumps(as_json(one))}\n"


def csv_lines(one: Outcome) -> str:
    """A line per label; every picture has one."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    for row in rows_of(one):
        rows.writerow("" if value is None else value for value in row)
    return written.getvalue()


def csv_header() -> str:
    """The first line."""
    return ",".join(HEADER) + "\n"


def rows_of(one: Outcome) -> list[tuple[str, int | None, str | None, float | None, str | None]]:
    """Picture, rank from 1, label, confidence, error: a row per label, or one without."""
    name = text(one.name)
    if one.labels is None:
        return [(name, None, None, None, one.error.message if one.error else one.state.value)]
    rows = [(name, rank, label["label"], label["confidence"], None) for rank, label in enumerate(one.labels, 1)]
    return [*rows] or [(name, None, None, None, None)]


def text(name: str) -> str:
    """File names of the file system are bytes; those that are no text must not stop a file of results."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
