"""The model's card: fixed words (card.md) around the figures that the evaluation measured."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from training.figures import ClassResult, Figures, OutsideResult, PhotoResult, Said, Unsure

WORDS = Path(__file__).with_name("card.md")
PLACE = "{{figures}}"
HARDEST = 20  # classes shown in the card
Names = Mapping[str, str]
NO_NAMES: Names = {}


def card_text(figures: Figures, *, names: Names = NO_NAMES, classes: int = HARDEST) -> str:
    """The whole card: `names` may stand for photos' file names; only the hardest `classes` are listed."""
    return WORDS.read_text(encoding="utf-8").replace(PLACE, figures_text(figures, names=names, classes=classes))


def figures_text(figures: Figures, *, names: Names = NO_NAMES, classes: int = HARDEST) -> str:
    """All figures as Markdown, the same on the screen and in the card."""
    parts = (
        _held_out(figures),
        _variants(figures),
        _unsure(figures.unsure),
        _photos(figures.photos, names),
        _outside(figures.outside, names),
        _classes(figures.classes[:classes], len(figures.classes)),
        _confusions(figures),
    )
    return "\n\n".join(parts)


def _photos(photos: Sequence[PhotoResult], names: Names) -> str:
    crop, squash = [p.rank for p in photos], [p.rank_squashed for p in photos]
    share = {"central square (the product)": crop, "whole photo squashed": squash}
    scores = [(name, _share(ranks, 1), _share(ranks, 5)) for name, ranks in share.items()]
    rows = [
        (
            names.get(p.file, p.file),
            p.label,
            f"{p.answer} ({percent(p.probability)})",
            _said(p.said, holds=p.said_holds),
            p.rank,
            p.rank_squashed,
        )
        for p in photos
    ]
    return "\n".join(
        (
            f"### {len(photos)} real photos",
            "",
            "Full-size photos of known classes, decoded as the product does.",
            f"{len(photos)} photos are few: one is {100 / len(photos):.0f} points.",
            "",
            *table(("", "top-1", "top-5"), scores),
            "",
            "Rank: the place of the right class, 1 is best. Said: the label or group that is sure enough;",
            "**bold** holds.",
            "",
            *table(("photo", "label", "first label", "said", "rank", "rank, squashed"), rows),
        )
    )


def _outside(outside: Sequence[OutsideResult], names: Names) -> str:
    rows = [
        (
            names.get(o.file, o.file),
            " > ".join(o.holding) or "none of these",
            _said(o.said, holds=o.said_holds if o.said else not o.holding),
        )
        for o in outside
    ]
    return "\n".join(
        (
            f"### {len(outside)} real photos outside the labels",
            "",
            *table(("photo", "what would hold", "said"), rows),
        )
    )


def _classes(shown: Sequence[ClassResult], count: int) -> str:
    rows = [(c.label, f"{c.right} of {c.photos}", f"{c.taken_for} ({c.taken})" if c.taken else "") for c in shown]
    title = f"The {len(shown)} hardest of {count} classes"
    return "\n".join((f"### {title}", "", *table(("photos of", "right", "most often taken for"), rows)))


def _said(said: Said | None, *, holds: bool) -> str:
    text = f"{' > '.join(said.path)} ({percent(said.score)})" if said else "none of these"
    return f"**{text}**" if holds else text


def _held_out(figures: Figures) -> str:
    rows = [(name, f"{s.photos:,}", percent(s.top1), percent(s.top5)) for name, s in figures.held_out.items()]
    return "\n".join(("### Held-out photos", "", *table(("classes", "photos", "top-1", "top-5"), rows)))


def _variants(figures: Figures) -> str:
    rows = [
        (
            v.name,
            f"{v.file_bytes:,}",
            percent(v.held_out.top1),
            percent(v.held_out.top5),
            f"{v.calibration_error:.3f}",
            f"{percent(v.real.top1)} / {percent(v.real.top5)}",
            f"{v.milliseconds:.2f} ms",
        )
        for v in figures.variants
    ]
    head = (
        "model",
        "bytes",
        "top-1",
        "top-5",
        "calibration error",
        f"{len(figures.photos)} real photos",
        "one picture",
    )
    return "\n".join(
        (
            "### Two forms",
            "",
            *table(head, rows),
            "",
            "Calibration error: expected, 15 bins, on the half of the held-out photos that set no temperature.",
            f"One picture: {figures.side} x {figures.side}, one thread of a processor that calls itself",
            f"{figures.timing.machine}, the best of 300 runs; to crop and shrink a decoded photo of 640 x 427 before",
            f"takes {figures.timing.prepare:.2f} ms.",
        )
    )


def _unsure(unsure: Unsure) -> str:
    rows = [
        (
            name,
            b.pictures,
            percent(b.labels),
            percent(b.groups),
            percent(b.nothing),
            percent(b.holding),
            percent(b.wrong),
        )
        for name, b in unsure.behaviours.items()
    ]
    areas = [(name, f"{photos:.3f}", f"{drawn:.3f}") for name, (photos, drawn) in unsure.separations.items()]
    head = ("pictures", "number", "a label", "a group", "none of these", "of what is said, holds", "said and wrong")
    return "\n".join(
        (
            "### Groups, and none of these",
            "",
            f"Said is the most exact label or group whose probability reaches {unsure.sure:.2f} (`sure` in",
            "`model.toml`); a group's is the sum of its labels'. The threshold is the largest that leaves an answer to",
            "90 % of the photos whose first label is right, on one half of the held-out photos; the held-out figures",
            "below are of the other half.",
            "",
            *table(head, rows),
            "",
            "How well a score tells held-out photos whose first label is right from pictures outside the labels",
            "(area under the ROC curve, 0.5 is chance):",
            "",
            *table(("score", "real photos outside", "drawn pictures"), areas),
        )
    )


def _confusions(figures: Figures) -> str:
    each = figures.classes[0].photos
    rows = [(truth, answer, f"{count} of {each}") for truth, answer, count in figures.confusions]
    return "\n".join(("### Most frequent mistakes", "", *table(("photo of", "answered", "held-out photos"), rows)))


def table(head: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> list[str]:
    """The lines of a Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return [f"| {' | '.join(str(cell) for cell in line)} |" for line in lines]


def percent(share: float) -> str:
    """0.5 -> `50.0 %`."""
    return f"{100 * share:.1f} %"


def _share(ranks: list[int], top: int) -> str:
    good = sum(rank <= top for rank in ranks)
    return f"{percent(good / len(ranks))} ({good} of {len(ranks)})"
