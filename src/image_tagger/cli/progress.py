"""A progress bar on standard error, for many pictures or a long film and a person who watches."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.text import Text

from image_tagger.cli.output import visible
from image_tagger.cli.times import clock

MANY = 5  # pictures; fewer are done before a bar could be read
LONGEST_NAME = 30  # of a film, beside its bar


class Done(MofNCompleteColumn):
    """How many pictures of how many, or how far in a film."""

    def render(self, task: Task) -> Text:
        """The column's text."""
        if not task.fields.get("film"):
            return super().render(task)
        whole = f" / {clock(int(task.total))}" if task.total else ""
        return Text(f"{clock(int(task.completed))}{whole}")


class Rate(ProgressColumn):
    """Pictures per second, or how many times faster than it plays a film is looked at, over the last half minute."""

    def render(self, task: Task) -> Text:
        """The column's text."""
        done = task.completed - task.fields.get("before", 0)
        speed = task.speed or (done / task.elapsed if task.elapsed else 0)  # the former needs two steps
        return Text(f"{speed:.1f}{'x' if task.fields.get('film') else '/s'}" if speed else "")


def new_bar() -> Bar:
    """A bar on standard error that goes when it ends; disabled where that is no terminal."""
    console = Console(stderr=True)
    return Bar(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        Done(),
        Rate(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        redirect_stdout=False,
        disable=not console.is_terminal,
    )


class Progress:
    """How many of `total` pictures are done, and how far the film is that is being looked at.

    Shows nothing where standard error is no terminal. Pictures are not counted where standard output is one: there
    the results themselves show how far it is; while a film is being looked at there are none.
    """

    def __init__(self, total: int) -> None:
        self._bar = new_bar()
        self._counts = self._bar.console.is_terminal and not sys.stdout.isatty() and total > MANY
        self._task = self._bar.add_task("", total=total, visible=self._counts)

    def __enter__(self) -> "Progress":
        if self._counts:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def advance(self) -> None:
        """One more is done."""
        self._bar.advance(self._task)

    @contextmanager
    def film(self, name: str, seconds: float | None) -> Iterator[Callable[[float], None]]:
        """A bar of its own for a film of so many seconds; gives what is to be told how far it is."""
        film = self._bar.add_task(visible(name)[-LONGEST_NAME:], total=seconds or None, film=True)
        if not self._counts:
            self._bar.start()
        try:
            yield lambda seen: self._bar.update(film, completed=seen)
        finally:
            self._bar.remove_task(film)
            if not self._counts:
                self._bar.stop()

    def say(self, text: str) -> None:
        """A line above the bar."""
        if self._counts:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            sys.stderr.write(f"{text}\n")
