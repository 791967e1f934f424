"""A file, and its sidecar, into the folder of its class; what a worker that was killed left half done is finished."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from image_tagger.domain.jobs import Json
from image_tagger.jobs.sorting import Order
from image_tagger.media.moving import Folder, How, Identity, Journal, Step, Way, in_our_words, place

SIDECAR = ".xmp"  # behind the whole name of a picture; `photo.xmp` may be that of another `photo`


@dataclass(frozen=True, slots=True)
class Filing:
    """One file of a sort. Its methods block and raise TaggerError; then the file is where it was."""

    order: Order
    file: str
    source: Folder
    into: Folder

    @classmethod
    @contextmanager
    def opened(cls, order: Order, file: str) -> "Iterator[Filing]":
        """The same with its folders open meanwhile."""
        with in_our_words("sorted"), Folder.open(order.source) as source, Folder.open(order.into) as into:
            yield cls(order, file, source, into)

    def put(self, one: str) -> Json | None:
        """Put it into the folder of a class: that, and the name it got there. None where it is gone."""
        if self._journal and self.into.status_or_none(one) is None:
            self._journal.folder(one)
        self.into.make(one)
        with self.into.within(one) as target:
            if self._stays and target.status_or_none(self.file) and (before := self.finish()):
                return before
            way = Way(self.source, target, self.order.how, self._mark, SIDECAR if self._has_sidecar() else "")
            name = place(way, self.file, lambda name, what: self._announce(Step(self.file, one, name, what)))
        return None if name is None else self._with_sidecar(one, name)

    def finish(self) -> Json | None:
        """Where this job has put it before and could not say so, since it was killed; its sidecar follows."""
        steps = self._steps(self.file)
        return self._with_sidecar(steps[-1].folder, steps[-1].name) if steps else None

    def _with_sidecar(self, one: str, name: str) -> Json:
        """The sidecar goes where the file went."""
        sidecar = self.file + SIDECAR
        if self._has_sidecar() and not (self._stays and self._steps(sidecar)):
            with self.into.within(one) as target:
                way = Way(self.source, target, self.order.how, self._mark)
                place(
                    way,
                    sidecar,
                    lambda got, what: self._announce(Step(sidecar, one, got, what)),
                    wanted=name + SIDECAR,
                )
        return {"class": one, "name": name}

    def _has_sidecar(self) -> bool:
        return self.order.sidecars and self.source.status_or_none(self.file + SIDECAR) is not None

    def _announce(self, step: Step) -> None:
        if self._journal:
            self._journal.step(step)

    def _steps(self, file: str) -> list[Step]:
        """The steps with a file that this job has announced and taken."""
        return [step for step in self._journal.steps_of(file) if self._is_taken(step)] if self._journal else []

    def _is_taken(self, step: Step) -> bool:
        try:
            with self.into.within(step.folder) as target:
                status = target.status_or_none(step.name)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return status is not None and Identity.of(status) == step.what

    @property
    def _stays(self) -> bool:
        """The file is still there when it has been put; of one that moves, its absence tells."""
        return self.order.how in {How.COPY, How.SYMLINK}

    @property
    def _journal(self) -> Journal | None:
        return Journal(self.order.journal) if self.order.journal else None

    @property
    def _mark(self) -> str:
        return self.order.journal.stem if self.order.journal else ""
