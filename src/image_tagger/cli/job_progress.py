"""How far a job is, on standard error, for a person who watches."""

from types import TracebackType

from image_tagger.cli.progress import new_bar


class JobProgress:
    """A bar with the rate and the time left; nothing where standard error is no terminal."""

    def __init__(self, what: str) -> None:
        self._bar = new_bar()
        self.watched = self._bar.console.is_terminal  # else nobody needs to count
        self._what = what
        self._before: int | None = None
        self._task = self._bar.add_task(what, total=None)

    def show(self, done: int, total: int) -> None:
        """So many of so many. What was done before the first call does not count for the rate."""
        if self._before is None:
            self._before = done
            self._bar.reset(self._task, total=total, completed=done, before=done)
        self._bar.update(self._task, completed=done, total=total)

    def __enter__(self) -> "JobProgress":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
