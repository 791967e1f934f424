"""Guesses: entries of a `model.toml` with the reason for each and what a person should check."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from image_tagger.domain.specs import Constant
from image_tagger.models.inspection.inspecting import Inspection
from image_tagger.models.inspection.parts import Parts

Value = bool | int | float | str | tuple[float, ...] | tuple[str, ...] | tuple[Constant, ...]
Entry = tuple[str, Value, str]  # key, value, why


@dataclass(frozen=True, slots=True)
class Guess:
    """One entry: its table (such as `spec.options`), key, value, and why; `sure` where there is nothing to check."""

    table: str
    key: str
    value: Value
    why: str = ""
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Clues:
    """What guesses are made from. labels: how many, where that is known; else 0."""

    parts: Parts
    found: Inspection
    labels: int = 0

    def named(self, *words: str) -> bool:
        """Whether one of the words is in the name of the file, its folder, or one of its files and tensors."""
        file = self.parts.file
        tensors = (info.name for info in (*self.found.inputs, *self.found.outputs))
        names = " ".join((file.name, file.parent.name, *map(_last, self.parts.companions), *tensors)).lower()
        return any(word in names for word in words)

    def output(self, *words: str) -> str:
        """The first output whose name contains one of the words, the words in their order; empty where none does."""
        return next((info.name for word in words for info in self.found.outputs if word in info.name.lower()), "")


def table(name: str, entries: Iterable[Entry], *, sure: bool = False) -> tuple[Guess, ...]:
    """Entries (key, value, why) of one table."""
    return tuple(Guess(name, key, value, why, sure=sure) for key, value, why in entries)


def _last(name: str) -> str:
    return PurePath(name).name
