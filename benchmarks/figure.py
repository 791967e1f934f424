"""What a measurement gives: rows against their limits, and tables of details."""

from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median


class NotMeasured(Exception):
    """The figure cannot be measured here; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What the caller chose. `data` holds `photos/` and `models/`; without it pictures are generated."""

    data: Path | None
    quick: bool  # few repeats, to see that everything works; the numbers are worth little

    def repeats(self, full: int, quick: int) -> int:
        """How often to do something."""
        return quick if self.quick else full


@dataclass(frozen=True, slots=True)
class Row:
    """One measured number; `met` is None where there is no limit to meet."""

    name: str
    measured: str
    limit: str = ""
    met: bool | None = None
    note: str = ""


UNDISTURBED = 0.9  # the least share of a core that work in one thread must have had


def judged(row: Row, shares: list[float]) -> Row:
    """The row, met only if the machine was left alone: `shares` of a core that the bare work had, 1 at best."""
    share = median(shares)
    if share >= UNDISTURBED:
        return row
    return replace(row, met=False, note=f"disturbed: the bare work had {share:.0%} of a core; measure again")


@dataclass(frozen=True, slots=True)
class Details:
    """A table behind a figure."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """All that one module of `figures` has measured."""

    rows: tuple[Row, ...]
    details: tuple[Details, ...] = ()


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, median and most of some repeats."""

    least: float
    median: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """The spread of at least one value."""
        return cls(min(values), median(values), max(values))

    def shown(self, unit: str = "", digits: int = 2) -> str:
        """Median first, then the range."""
        return f"{self.median:.{digits}f}{unit} ({self.least:.{digits}f} to {self.most:.{digits}f})"
