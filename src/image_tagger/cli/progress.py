"""A progress bar on standard error, for many pictures and a person who watches."""

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.text import Text

MANY = 5  # pictures; fewer are done before a bar could be read


class Rate(ProgressColumn):
    """Pictures per second, over the last half minute."""

    def render(self, task: Task) -> Text:
        """The column's text."""
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


class Progress:
    """How many of `total` pictures are done.

    Shows nothing where standard error is no terminal, nor where standard output is one: there the results themselves
    show how far it is.
    """

    def __init__(self, total: int) -> None:
        console = Console(stderr=True)
        self._shown = console.is_terminal and not sys.stdout.isatty() and total > MANY
        self._bar = Bar(
            BarColumn(),
            MofNCompleteColumn(),
            Rate(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
            disable=not self._shown,
        )
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def advance(self) -> None:
        """One more is done."""
        self._bar.advance(self._task)

    def say(self, text: str) -> None:
        """A line above the bar."""
        if self._shown:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            sys.stderr.write(f"{text}\n")
