"""Results on standard output, one after the other: for people, or as JSON, JSON lines or CSV for programs."""

import csv
import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, TextIO, TypeVar

from image_tagger.cli.formats import Format
from image_tagger.cli.output import JsonArray, printable, visible, writing

R = TypeVar("R")
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Rendering(Generic[R]):
    """How one result of a file is written; the first argument is the file's name.

    lines: for people, none where they are told elsewhere. wire: as JSON values. header, rows: of CSV, where there is
    such a form; rows are without the name.
    """

    lines: Callable[[str, R], Iterable[str]]
    wire: Callable[[str, R], dict[str, Any]]
    header: tuple[str, ...] = ()
    rows: Callable[[R], Iterable[Row]] = lambda _: ()


class Report(Generic[R]):
    """Writes one result after the other; a context, since JSON needs its brackets closed.

    Everything raises TaggerError where the results cannot be written, and BrokenPipeError where nobody reads them.
    """

    def __init__(self, form: Format, to: TextIO, rendering: Rendering[R]) -> None:
        self._form, self._to, self._rendering = form, to, rendering
        self._rows = csv.writer(to, lineterminator="\n")
        self._array = JsonArray(to)
        self._open = ExitStack()

    def __enter__(self) -> "Report[R]":
        if self._form is Format.JSON:
            self._open.enter_context(self._array)
        if self._form is Format.CSV:
            with writing():
                self._rows.writerow(self._rendering.header)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def add(self, name: str, result: R) -> None:
        """Write what came of one file, or its error."""
        if self._form is Format.JSON:
            self._array.add(self._rendering.wire(printable(name), result))
            return
        with writing():
            if self._form is Format.CSV:
                self._rows.writerows((printable(name), *row) for row in self._rendering.rows(result))
            elif self._form is Format.JSONL:
                self._to.write(json.dumps(self._rendering.wire(printable(name), result)) + "\n")
            else:
                self._to.writelines(f"{line}\n" for line in self._rendering.lines(visible(name), result))
            self._to.flush()
