"""Bells wake what waits: for work, or for the end of a job; in this process, in others here, and through PostgreSQL."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from image_tagger.jobs.pipes import Pipe, ring_pipes
from image_tagger.jobs.postbox import Postbox

LEAVE = "leave"  # a job is being cancelled


def end_of(job_id: int) -> str:
    """What is rung when this job ends."""
    return f"end {job_id}"


class Bells:
    """Notes are rung and heard; lives in one event loop. A note may be lost, so who waits looks now and then."""

    def __init__(self, folder: Path, postbox: Postbox | None = None) -> None:
        """`folder` holds the pipes of this machine's processes; `postbox` is for a database of many machines."""
        self._folder = folder
        self._postbox = postbox
        self._heard: dict[str, set[asyncio.Event]] = {}
        self._pipe: Pipe | None = None
        self._open = AsyncExitStack()

    @property
    def name(self) -> str:
        """Of this process's pipe, by which others see whether it lives; empty before `open`."""
        return self._pipe.name if self._pipe else ""

    async def open(self) -> None:
        """Listen to other processes, as far as that is possible here."""
        if self._pipe is not None:
            return
        self._pipe = Pipe(self._folder, self._hear)
        self._open.callback(self._pipe.close)
        if self._postbox:
            self._open.push_async_callback(self._postbox.close)
            self._postbox.open(self._hear)

    async def close(self) -> None:
        """Listen no more."""
        await self._open.aclose()
        self._pipe = None

    def ring(self, *notes: str) -> None:
        """Wake all that wait for one of these notes, in every process that can be told from here."""
        for note in notes:
            self._hear(note)
        if self._postbox is None:  # otherwise the database tells all the others
            ring_pipes(self._folder, notes, but=self.name)

    @contextmanager
    def listening(self, *notes: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever one of the notes is rung."""
        event = asyncio.Event()
        for note in notes:
            self._heard.setdefault(note, set()).add(event)
        try:
            yield event
        finally:
            for note in notes:
                self._heard[note].discard(event)
                if not self._heard[note]:
                    del self._heard[note]

    def _hear(self, note: str) -> None:
        for event in self._heard.get(note, ()):
            event.set()
