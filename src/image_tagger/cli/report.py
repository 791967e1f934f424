"""How results of `tag` are written: for people, or as JSON, JSON lines or CSV for programs."""

from dataclasses import asdict
from typing import Any

from image_tagger.cli.films import Film
from image_tagger.cli.output import visible
from image_tagger.cli.reporting import Rendering, Row
from image_tagger.cli.times import clock, stretch
from image_tagger.domain.errors import TaggerError
from image_tagger.domain.predictions import FrameResult, Prediction

HEADER = ("picture", "rank", "label", "confidence", "error")
TIMES = ("start", "end")

Result = FrameResult | Film | TaggerError


def rendering(*, times: bool = False) -> Rendering[Result]:
    """How results of `tag` are written. times: CSV has columns for them, since there may be films."""
    width = len(HEADER) - 1
    if times:
        return Rendering(_lines, _wire, HEADER + TIMES, _rows)
    return Rendering(_lines, _wire, HEADER, lambda result: [row[:width] for row in _rows(result)])


def _lines(picture: str, result: Result) -> list[str]:
    if isinstance(result, TaggerError):
        return []
    if isinstance(result, FrameResult):
        labels = ", ".join(f"{visible(' > '.join((*p.groups, p.label)))} {p.score:.1%}" for p in result.predictions)
        return [f"{picture}: {labels or '(nothing)'}"]
    looked_at = f"{result.frames} frames in {clock(result.seconds)}" if result.seconds else f"{result.frames} pages"
    lines = [f"{picture}: {looked_at}{'' if result.segments else ' (nothing)'}"]
    for segment in result.segments:
        pages = f"pages {segment.first_frame + 1} - {segment.last_frame + 1}"
        where = stretch(segment.start, segment.end) if result.seconds else pages
        lines.append(f"  {where}  {visible(segment.label)} {segment.peak:.1%}")
    return lines


def _rows(result: Result) -> list[Row]:
    """What stands behind the picture's name: rank, label, confidence, error, start, end. Every picture has a row."""
    if isinstance(result, TaggerError):
        return [("", "", "", str(result), "", "")]
    if isinstance(result, FrameResult):
        found = [(p.label, p.score, "", "") for p in result.predictions]
    else:
        found = [(s.label, s.peak, f"{s.start:.3f}", f"{s.end:.3f}") for s in result.segments]
    rows: list[Row] = [
        (rank, label, f"{score:.6f}", "", start, end) for rank, (label, score, start, end) in enumerate(found, 1)
    ]
    if isinstance(result, Film) and result.damage:
        rows.append(("", "", "", result.damage, "", ""))
    return rows or [("", "", "", "", "", "")]


def _wire(picture: str, result: Result) -> dict[str, Any]:
    if isinstance(result, TaggerError):
        return {"picture": picture, "error": str(result)}
    if isinstance(result, FrameResult):
        return {"picture": picture, "labels": [_label(p) for p in result.predictions]}
    film = {
        "picture": picture,
        "labels": [_label(p) for p in result.labels],
        "frames": result.frames,
        "seconds": result.seconds,
        "segments": [asdict(segment) for segment in result.segments],
    }
    return {**film, "error": result.damage} if result.damage else film


def _label(prediction: Prediction) -> dict[str, Any]:
    groups = {"groups": list(prediction.groups)} if prediction.groups else {}
    return {"label": prediction.label, "confidence": prediction.score, **groups}
