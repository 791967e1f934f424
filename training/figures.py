"""Everything that the evaluation measures, as plain values."""

from dataclasses import dataclass

from training.unsure import Behaviour


@dataclass(frozen=True, slots=True)
class Score:
    """Shares (0..1) of `photos` photos whose class came first, or among the first five."""

    photos: int
    top1: float
    top5: float


@dataclass(frozen=True, slots=True)
class Said:
    """An answer that is sure enough, from the outermost group to the label; nothing where none is."""

    path: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True)
class PhotoResult:
    """The answer to one real photo; ranks count from 1 and are those of the best right class."""

    file: str
    label: str
    answer: str
    probability: float
    rank: int
    rank_squashed: int
    said: Said | None
    said_holds: bool


@dataclass(frozen=True, slots=True)
class OutsideResult:
    """What is said of one real photo outside the labels; `holding` is the path of the groups that hold for it."""

    file: str
    holding: tuple[str, ...]
    said: Said | None
    said_holds: bool


@dataclass(frozen=True, slots=True)
class ClassResult:
    """How a class fares: of `photos` photos `right` were answered right, `taken` times with `taken_for`."""

    label: str
    photos: int
    right: int
    taken_for: str
    taken: int


@dataclass(frozen=True, slots=True)
class Variant:
    """One form of the network; milliseconds on one thread, the best of many runs."""

    name: str
    file_bytes: int
    held_out: Score
    calibration_error: float
    real: Score
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds on one thread to crop and shrink a decoded photo, the best of many runs."""

    machine: str
    prepare: float


@dataclass(frozen=True, slots=True)
class Unsure:
    """The threshold, what it does to each kind of pictures, and how well scores tell known from unknown (ROC area)."""

    sure: float
    behaviours: dict[str, Behaviour]
    separations: dict[str, tuple[float, float]]  # held-out photos answered right against: real photos, drawn pictures


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything measured."""

    side: int
    held_out: dict[str, Score]
    variants: list[Variant]
    timing: Timing
    photos: list[PhotoResult]
    outside: list[OutsideResult]
    unsure: Unsure
    classes: list[ClassResult]
    confusions: list[tuple[str, str, int]]
