"""Verdicts on standard output: for people, or as one JSON array for programs."""

from contextlib import ExitStack
from types import TracebackType
from typing import TextIO

from image_tagger.cli.output import JsonArray, printable, visible, writing
from image_tagger.cli.times import clock, stretch
from image_tagger.domain.errors import TaggerError
from image_tagger.domain.segments import Segment
from image_tagger.domain.verdicts import Reason, Verdict, as_json


class VerdictReport:
    """Writes one verdict after the other; a context, since JSON needs its brackets closed.

    Everything raises TaggerError where it cannot be written, and BrokenPipeError where nobody reads it.
    """

    def __init__(self, to: TextIO, *, json: bool) -> None:
        self._to = to
        self._array = JsonArray(to) if json else None
        self._open = ExitStack()

    def __enter__(self) -> "VerdictReport":
        if self._array:
            self._open.enter_context(self._array)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def add(self, name: str, result: Verdict | TaggerError) -> None:
        """Write what came of one file; errors only as JSON, since people read them elsewhere."""
        if self._array:
            what = {"error": str(result)} if isinstance(result, TaggerError) else as_json(result)
            self._array.add({"file": printable(name), **what})
        elif isinstance(result, Verdict):
            with writing():
                self._to.write("\n".join(_lines(visible(name), result)) + "\n")
                self._to.flush()


def _lines(name: str, verdict: Verdict) -> list[str]:
    lines = [f"{name}: {verdict.action}", *(f"  {_reason(reason, verdict)}" for reason in verdict.reasons)]
    if verdict.damage:
        lines.append(f"  damaged: {verdict.damage}")
    if verdict.stopped:
        lines.append(f"  not looked at any further than {clock(verdict.seconds)}")
    return lines


def _reason(reason: Reason, verdict: Verdict) -> str:
    label, rule = (
        f"{reason.rule.label} {reason.peak.peak:.1%}",
        f"{reason.rule.action} from {reason.rule.when.enter:.0%}",
    )
    if verdict.frames == 1 and not verdict.seconds:
        return f"{label} ({rule})"
    where = ", ".join(_where(segment, verdict) for segment in reason.segments)
    more = f" and {reason.more} more" if reason.more else ""
    at = f" at {clock(reason.peak.peak_seconds)}" if verdict.seconds else ""
    return f"{label}{at} ({rule}): {where}{more}"


def _where(segment: Segment, verdict: Verdict) -> str:
    if verdict.seconds:
        return stretch(segment.start, segment.end)
    return f"pages {segment.first_frame + 1} - {segment.last_frame + 1}"
