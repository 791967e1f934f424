"""Rows of the ledger's tables as jobs and items, and the other way round."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from image_tagger.domain.jobs import Failure, Item, Job, Progress, State

Row = RowMapping | Mapping[str, Any]


def job_of(row: Row) -> Job:
    """A row of `jobs`."""
    return Job(
        id=row["id"],
        kind=row["kind"],
        state=State(row["state"]),
        parameters=row["parameters"],
        progress=Progress(row["total"], row["done"], row["failed"], row["cancelled"]),
        created=row["created"],
        updated=row["updated"],
        ended=row["ended"],
        listing=row["listing"],
        cancelling=row["cancelling"],
        attempts=row["attempts"],
        queue=row["queue"],
        then=row["then"],
        result=row["result"],
        error=_failure(row),
    )


def item_of(row: Row, job: Job) -> Item:
    """A row of `items` that belongs to this job."""
    return Item(
        job=job,
        number=row["number"],
        payload=row["payload"],
        state=State(row["state"]),
        attempt=row["claims"],
        errors=row["errors"],
        key=row["key"],
        result=row["result"],
        error=_failure(row),
        id=row["id"],
        token=row["token"],
    )


def columns_of(error: Failure | None) -> dict[str, str | None]:
    """What both tables keep of an error."""
    return {"error_kind": error.kind if error else None, "error": _storable(error.message) if error else None}


def _storable(text: str) -> str:
    """Without what PostgreSQL keeps in no text, and no database in UTF-8: it may stand in names inside of files."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _failure(row: Row) -> Failure | None:
    return None if row["error_kind"] is None else Failure(row["error_kind"], row["error"])
