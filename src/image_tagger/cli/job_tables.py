"""What `image-tagger jobs` does and writes."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import typer

from image_tagger.cli.output import visible
from image_tagger.domain.jobs import Item, Job, State
from image_tagger.jobs.office import Office
from image_tagger.services import office_of
from image_tagger.settings import read_settings

T = TypeVar("T")
HEADER = ("job", "kind", "state", "items", "done", "failed", "begun", "error")


def print_list(limit: int, *, as_json: bool) -> None:
    """The latest jobs. Raises StoreUnavailable."""
    jobs, count = _ask(lambda office: office.ledger.latest(limit=limit))
    if as_json:
        typer.echo(json.dumps([_described(job) for job in jobs], indent=2))
        return
    _print_table([HEADER, *map(_row, jobs)])
    if count > len(jobs):
        typer.echo(f"{count - len(jobs)} older ones are not shown; --limit shows more")


def print_one(job_id: int, limit: int, *, as_json: bool) -> None:
    """One job and its failures. Raises UnknownJob, StoreUnavailable."""
    job = _ask(lambda office: office.ledger.job(job_id))
    failed = _ask(lambda office: office.ledger.items(job_id, [State.FAILED], limit=limit))
    described = {**_described(job), "failures": [_failure(item) for item in failed]}
    if as_json:
        typer.echo(json.dumps(described, indent=2))
        return
    width = max(map(len, described))
    for key, value in described.items():
        if value not in (None, [], {}) and key != "failures":
            typer.echo(f"{key.ljust(width)}  {visible(value if isinstance(value, str) else json.dumps(value))}")
    for item in failed:
        typer.echo(f"item {item.number}  {visible(item.error.message if item.error else '')}")


def cancel(job_id: int) -> str:
    """Cancel a job; a line about what came of it. Raises UnknownJob, StoreUnavailable."""
    job = _ask(lambda office: office.cancel(job_id))
    if not job.cancelling:
        return f"job {job_id} has ended already: {job.state}"
    running = job.progress.total - job.progress.ended
    return f"{job.progress.cancelled} items are cancelled" + (f", {running} are being finished" if running else "")


def retry(job_id: int) -> str:
    """Let failed items be tried again; a line about it. Raises UnknownJob, StoreUnavailable."""
    return f"{_ask(lambda office: office.ledger.retry(job_id))} items are tried again"


def _ask(question: Callable[[Office], Awaitable[T]]) -> T:
    async def ask() -> T:
        office = office_of(read_settings())
        try:
            return await question(office)
        finally:
            await office.close()

    return asyncio.run(ask())


def _described(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state.value,
        "created": _time(job.created),
        "ended": _time(job.ended) if job.ended else None,
        "total": job.progress.total,
        "done": job.progress.done,
        "failed": job.progress.failed,
        "cancelled": job.progress.cancelled,
        "parameters": job.parameters,
        "result": job.result,
        "error": job.error.message if job.error else None,
    }


def _failure(item: Item) -> dict[str, Any]:
    return {"item": item.number, "payload": item.payload, "error": item.error.message if item.error else None}


def _row(job: Job) -> tuple[str, ...]:
    progress = job.progress
    counts = (str(progress.total), str(progress.done), str(progress.failed))
    return (str(job.id), job.kind, job.state, *counts, _time(job.created), job.error.message if job.error else "")


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _print_table(rows: list[tuple[str, ...]]) -> None:
    shown = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
