"""What was found in files, so that a file that has not changed is not looked at again; functions over a connection."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from image_tagger.store.database import Insert
from image_tagger.store.tables import known_files

COLUMNS = ("origin", "size", "modified", "sha256", "labels")


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file as it was looked at. origin: its place, hashed. size in bytes, modified in nanoseconds since 1970.

    labels: what was found, as JSON.
    """

    origin: str
    size: int
    modified: int
    sha256: str
    labels: list[dict[str, Any]]


def known(connection: Connection, manner: str, origins: Collection[str]) -> dict[str, KnownFile]:
    """What these places held when they were looked at in this manner, by place."""
    wanted = select(known_files).where(known_files.c.manner == manner, known_files.c.origin.in_(origins))
    return {row["origin"]: _file(row) for row in connection.execute(wanted).mappings()}


def same_content(connection: Connection, manner: str, hashes: Collection[str]) -> dict[str, KnownFile]:
    """Files of these contents, wherever they were, looked at in this manner, by hash."""
    wanted = select(known_files).where(known_files.c.sha256.in_(hashes), known_files.c.manner == manner)
    return {row["sha256"]: _file(row) for row in connection.execute(wanted).mappings()}


def remember(connection: Connection, insert: Insert, manner: str, files: Sequence[KnownFile]) -> None:
    """Keep what was found, in place of what was found there before."""
    added = insert(known_files)
    changed = {name: added.excluded[name] for name in ("size", "modified", "sha256", "labels")}
    rows = [{"manner": manner, **{name: getattr(file, name) for name in COLUMNS}} for file in files]
    connection.execute(added.on_conflict_do_update(index_elements=["manner", "origin"], set_=changed), rows)


def _file(row: Any) -> KnownFile:
    return KnownFile(row["origin"], row["size"], row["modified"], row["sha256"], row["labels"])
