"""What was found in files, so that a file that has not changed is not looked at again; functions over a connection."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from image_tagger.store.rows import write_rows
from image_tagger.store.tables import known_files

BY_ORIGIN = select(known_files).where(
    known_files.c.manner == bindparam("manner"), known_files.c.origin.in_(bindparam("origins", expanding=True))
)
BY_CONTENT = select(known_files).where(
    known_files.c.sha256.in_(bindparam("hashes", expanding=True)),
    # adding nothing keeps SQLite from reading all that was ever seen in this manner, instead of seeking the hashes
    known_files.c.manner + "" == bindparam("manner"),
)


def _remember(added: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    changed = {name: added.excluded[name] for name in ("size", "modified", "sha256", "labels")}
    return added.on_conflict_do_update(index_elements=["manner", "origin"], set_=changed)


REMEMBER = {
    "sqlite": _remember(sqlite.insert(known_files)),
    "postgresql": _remember(postgresql.insert(known_files)),
}


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
    rows = connection.execute(BY_ORIGIN, {"manner": manner, "origins": [*origins]}).mappings()
    return {row["origin"]: _file(row) for row in rows}


def same_content(connection: Connection, manner: str, hashes: Collection[str]) -> dict[str, KnownFile]:
    """Files of these contents, wherever they were, looked at in this manner, by hash."""
    rows = connection.execute(BY_CONTENT, {"manner": manner, "hashes": [*hashes]}).mappings()
    return {row["sha256"]: _file(row) for row in rows}


def remember(connection: Connection, manner: str, files: Sequence[KnownFile]) -> None:
    """Keep what was found, in place of what was found there before."""
    write_rows(connection, REMEMBER[connection.dialect.name], [_row(manner, file) for file in files])


def _row(manner: str, file: KnownFile) -> dict[str, Any]:
    return {
        "manner": manner,
        "origin": file.origin,
        "size": file.size,
        "modified": file.modified,
        "sha256": file.sha256,
        "labels": json.dumps(file.labels),
    }


def _file(row: Any) -> KnownFile:
    return KnownFile(row["origin"], row["size"], row["modified"], row["sha256"], row["labels"])
