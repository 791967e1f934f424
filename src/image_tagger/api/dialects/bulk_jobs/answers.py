"""Jobs and their pictures as this dialect writes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.jobs import Failure, Job, State
from image_tagger.jobs.tagging import Order

if TYPE_CHECKING:
    from image_tagger.jobs.outcomes import Outcome, Tally


@dataclass(frozen=True, slots=True)
class Form:
    """How results come."""

    name: str
    media_type: str

    def headers(self, job: Job) -> dict[str, str]:
        """So that browsers save it as a file."""
        return {"Content-Disposition": f'attachment; filename="job-{job.id}.{self.name}"'}


FORMS = {form.name: form for form in (Form("jsonl", "application/x-ndjson"), Form("csv", "text/csv; charset=utf-8"))}


def form_of(query: Mapping[str, str]) -> Form:
    """The form that a request asks for. Raises InvalidRequest."""
    name = query.get("format", "jsonl")
    if name not in FORMS:
        raise InvalidRequest(f"format must be one of {', '.join(FORMS)}")
    return FORMS[name]


def job(one: Job, tally: "Tally", error: Failure | None) -> dict[str, Any]:
    """A job; `error` is why its pictures could not be listed."""
    order = Order.of_json(one.parameters)
    nothing_good = one.state is State.DONE and tally.failed and not tally.done
    return {
        "id": one.id,
        "state": State.FAILED if nothing_good else one.state,
        "created": _moment(one.created),
        "ended": None if one.ended is None else _moment(one.ended),
        "source": {"kind": order.source, "place": order.called or None},
        "model": order.model or None,
        "listing": one.listing,
        "pictures": {
            "total": tally.total,
            "done": tally.done,
            "failed": tally.failed,
            "cancelled": tally.cancelled,
        },
        "error": error.message if error else None,
    }


def item(one: "Outcome") -> dict[str, Any]:
    """A picture of a job."""
    wire: dict[str, Any] = {"number": one.number, "picture": shown(one.name), "state": one.state}
    if one.labels is not None:
        wire["labels"] = one.labels
    if one.error is not None:
        wire["error"] = one.error.message
    return wire


def shown(name: str) -> str:
    """File names of the file system are bytes; those that are no text must not stop an answer."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
