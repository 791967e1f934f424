"""A progress bar on standard error, for many pictures and a person who watches."""

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

MANY = 5  # pictures; fewer are done before a bar could be read


class Progress:
    """How many of `total` pictures are done; shows nothing where standard error is no terminal."""

    def __init__(self, total: int) -> None:
        console = Console(stderr=True)
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.speed:.1f}/s"), TimeRemainingColumn())
        shown = console.is_terminal and total > MANY
        self._bar = Bar(*columns, console=console, transient=True, disable=not shown)
        self._shown = shown
        self._task = self._bar.add_task("", total=total, speed=0.0)

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def advance(self) -> None:
        """One more is done."""
        if self._shown:
            self._bar.update(self._task, advance=1, speed=self._bar.tasks[0].speed or 0.0)

    def say(self, text: str) -> None:
        """A line above the bar."""
        if self._shown:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            sys.stderr.write(f"{text}\n")
