"""The model's card: fixed words (card.md) around the figures that the evaluation measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WORDS = Path(__file__).with_name("card.md")
PLACE = "{{figures}}"


@dataclass(frozen=True, slots=True)
class Score:
    """Shares (0..1) of `photos` photos whose class came first, or among the first five."""

    photos: int
    top1: float
    top5: float


@dataclass(frozen=True, slots=True)
class PhotoResult:
    """The answer to one real photo; ranks count from 1 and are those of the best right class."""

    file: str
    label: str
    answer: str
    probability: float
    rank: int
    rank_squashed: int


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds on one thread, the best of many runs."""

    machine: str
    prepare: float
    run: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything measured."""

    file_bytes: int
    side: int
    held_out: dict[str, Score]
    calibration_error: float
    photos: list[PhotoResult]
    confusions: list[tuple[str, str, int]]
    per_class: int
    timing: Timing


def card_text(figures: Figures) -> str:
    """The whole card."""
    return WORDS.read_text().replace(PLACE, figures_text(figures))


def figures_text(figures: Figures) -> str:
    """All figures as Markdown, the same on the screen and in the card."""
    return "\n\n".join((_held_out(figures), _speed(figures), _photos(figures.photos), _confusions(figures)))


def _held_out(figures: Figures) -> str:
    rows = [(name, f"{s.photos:,}", _percent(s.top1), _percent(s.top5)) for name, s in figures.held_out.items()]
    error = f"{figures.calibration_error:.3f}"
    return "\n".join(
        (
            "### Held-out photos",
            "",
            *_table(("classes", "photos", "top-1", "top-5"), rows),
            "",
            f"Expected calibration error (15 bins, photos that did not set the temperature): {error}.",
        )
    )


def _speed(figures: Figures) -> str:
    timing = figures.timing
    return "\n".join(
        (
            "### Size and speed",
            "",
            f"- File: {figures.file_bytes:,} bytes; input {figures.side} x {figures.side}, RGB bytes.",
            f"- One thread ({timing.machine}), 640 x 427 pixels: {timing.prepare:.2f} ms to crop and shrink,",
            f"  {timing.run:.2f} ms to run the network.",
        )
    )


def _photos(photos: list[PhotoResult]) -> str:
    crop, squash = [p.rank for p in photos], [p.rank_squashed for p in photos]
    share = {"central square (the product)": crop, "whole photo squashed": squash}
    scores = [(name, _share(ranks, 1), _share(ranks, 5)) for name, ranks in share.items()]
    rows = [(p.file, p.label, f"{p.answer} ({_percent(p.probability)})", p.rank, p.rank_squashed) for p in photos]
    return "\n".join(
        (
            f"### {len(photos)} real photos",
            "",
            "Full-size photos of known classes, decoded as the product does.",
            f"{len(photos)} photos are few: one is {100 / len(photos):.0f} points.",
            "",
            *_table(("", "top-1", "top-5"), scores),
            "",
            "Rank: the place of the right class, 1 is best.",
            "",
            *_table(("photo", "label", "answer", "rank", "rank, squashed"), rows),
        )
    )


def _confusions(figures: Figures) -> str:
    rows = [(truth, answer, f"{count} of {figures.per_class}") for truth, answer, count in figures.confusions]
    return "\n".join(("### Most frequent mistakes", "", *_table(("photo of", "answered", "held-out photos"), rows)))


def _table(head: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> list[str]:
    lines = [head, ("---",) * len(head), *rows]
    return [f"| {' | '.join(str(cell) for cell in line)} |" for line in lines]


def _share(ranks: list[int], top: int) -> str:
    good = sum(rank <= top for rank in ranks)
    return f"{_percent(good / len(ranks))} ({good} of {len(ranks)})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
