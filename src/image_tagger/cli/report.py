"""Results of `tag` on standard output: for people, or as JSON, JSON lines or CSV for programs."""

import csv
import json
from contextlib import ExitStack
from dataclasses import asdict
from types import TracebackType
from typing import Any, TextIO

from image_tagger.cli.films import Film
from image_tagger.cli.formats import Format
from image_tagger.cli.output import JsonArray, printable, visible, writing
from image_tagger.cli.times import clock, stretch
from image_tagger.domain.errors import TaggerError
from image_tagger.domain.predictions import FrameResult, Prediction

HEADER = ("picture", "rank", "label", "confidence", "error")
TIMES = ("start", "end")

Result = FrameResult | Film | TaggerError


class Report:
    """Writes one result after the other; a context, since JSON needs its brackets closed.

    Everything raises TaggerError where the results cannot be written, and BrokenPipeError where nobody reads them.
    """

    def __init__(self, form: Format, to: TextIO, *, times: bool = False) -> None:
        """`times`: CSV has columns for them, since there may be films."""
        self._form, self._to, self._times = form, to, times
        self._rows = csv.writer(to, lineterminator="\n")
        self._array = JsonArray(to)
        self._open = ExitStack()

    def __enter__(self) -> "Report":
        if self._form is Format.JSON:
            self._open.enter_context(self._array)
        if self._form is Format.CSV:
            with writing():
                self._rows.writerow(HEADER + TIMES if self._times else HEADER)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def add(self, picture: str, result: Result) -> None:
        """Write one picture's result, or its error."""
        if self._form is Format.JSON:
            self._array.add(_wire(printable(picture), result))
            return
        with writing():
            if self._form is Format.CSV:
                for row in _rows(result):
                    self._rows.writerow((printable(picture), *(row if self._times else row[: len(HEADER) - 1])))
            elif self._form is Format.JSONL:
                self._to.write(json.dumps(_wire(printable(picture), result)) + "\n")
            else:
                self._to.write(_lines(visible(picture), result))
            self._to.flush()


def _lines(picture: str, result: Result) -> str:
    if isinstance(result, TaggerError):
        return ""
    if isinstance(result, FrameResult):
        labels = ", ".join(f"{' > '.join((*p.groups, p.label))} {p.score:.1%}" for p in result.predictions)
        return f"{picture}: {labels or '(nothing)'}\n"
    looked_at = f"{result.frames} frames in {clock(result.seconds)}" if result.seconds else f"{result.frames} pages"
    lines = [f"{picture}: {looked_at}{'' if result.segments else ' (nothing)'}"]
    for segment in result.segments:
        pages = f"pages {segment.first_frame + 1} - {segment.last_frame + 1}"
        where = stretch(segment.start, segment.end) if result.seconds else pages
        lines.append(f"  {where}  {segment.label} {segment.peak:.1%}")
    return "\n".join(lines) + "\n"


def _rows(result: Result) -> list[tuple[object, ...]]:
    """What stands behind the picture's name: rank, label, confidence, error, start, end. Every picture has a row."""
    if isinstance(result, TaggerError):
        return [("", "", "", str(result), "", "")]
    if isinstance(result, FrameResult):
        found = [(p.label, p.score, "", "") for p in result.predictions]
    else:
        found = [(s.label, s.peak, f"{s.start:.3f}", f"{s.end:.3f}") for s in result.segments]
    rows: list[tuple[object, ...]] = [
        (rank, label, f"{score:.6f}", "", start, end) for rank, (label, score, start, end) in enumerate(found, 1)
    ]
    if isinstance(result, Film) and result.damage:
        rows.append(("", "", "", result.damage, "", ""))
    return rows or [("", "", "", "", "", "")]


def _wire(picture: str, result: Result) -> dict[str, Any]:
    if isinstance(result, TaggerError):
        return {"picture": picture, "error": str(result)}
    if isinstance(result, FrameResult):
        return {"picture": picture, "labels": [_label(p) for p in result.predictions]}
    film = {
        "picture": picture,
        "labels": [_label(p) for p in result.labels],
        "frames": result.frames,
        "seconds": result.seconds,
        "segments": [asdict(segment) for segment in result.segments],
    }
    return {**film, "error": result.damage} if result.damage else film


def _label(prediction: Prediction) -> dict[str, Any]:
    groups = {"groups": list(prediction.groups)} if prediction.groups else {}
    return {"label": prediction.label, "confidence": prediction.score, **groups}
