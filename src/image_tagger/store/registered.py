"""Registered resources as rows of the database, and rows as values of the domain; ids and what became of them."""

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, Table, delete, func, insert, literal, select, update

from image_tagger.domain.errors import RemovedResource, UnknownResource
from image_tagger.domain.recognition import (
    NetworkDraft,
    NetworkFile,
    NetworkState,
    Page,
    StoredNetwork,
    StoredSpec,
    StoredVersion,
    labels_from_json,
)
from image_tagger.store.tables import network_files, networks, removed_resources, specifications, versions

KINDS = {networks: "network", specifications: "specification", versions: "version"}
VERSIONS = select(
    versions, specifications.c.name.label("specification_name"), networks.c.name.label("network_name")
).select_from(versions.join(specifications).join(networks))


def add(connection: Connection, table: Table, values: Mapping[str, Any]) -> int:
    """The id of a new row."""
    key = connection.execute(insert(table).values(dict(values))).inserted_primary_key
    assert key is not None  # noqa: S101 - there is one row
    return int(key[0])


def one(connection: Connection, table: Table, number: int) -> RowMapping:
    """The row of an id. Raises UnknownResource or RemovedResource."""
    row = connection.execute(select(table).where(table.c.id == number)).mappings().one_or_none()
    if row is None:
        raise _missing(connection, table, number)
    return row


def page_of(connection: Connection, table: Table, wanted: Select[Any], page: Page) -> tuple[int, list[RowMapping]]:
    """How many rows there are, and those of the page, by id."""
    count = connection.execute(select(func.count()).select_from(wanted.subquery())).scalar_one()
    rows = connection.execute(wanted.order_by(table.c.id).offset(page.offset).limit(page.limit))
    return count, list(rows.mappings())


def change(connection: Connection, table: Table, number: int, changes: Mapping[str, Any]) -> None:
    """Other values in a row. Raises UnknownResource or RemovedResource."""
    changed = connection.execute(update(table).where(table.c.id == number).values(dict(changes)))
    if not changed.rowcount:
        raise _missing(connection, table, number)


def remove_one(connection: Connection, table: Table, number: int) -> None:
    """Remove the row of an id. Raises UnknownResource or RemovedResource."""
    if not remove(connection, table, table.c.id == number):
        raise _missing(connection, table, number)


def remove(connection: Connection, table: Table, which: Any) -> bool:
    """Remove rows, remember their ids, and give specifications whose current version is gone another one."""
    gone = select(literal(KINDS[table]), table.c.id).where(which)
    connection.execute(insert(removed_resources).from_select(["kind", "id"], gone))
    some = bool(connection.execute(delete(table).where(which)).rowcount)
    if table is versions and some:
        latest = select(func.max(versions.c.id)).where(versions.c.specification_id == specifications.c.id)
        orphaned = specifications.c.current_version_id.not_in(select(versions.c.id))
        changes = {"current_version_id": latest.scalar_subquery(), "updated": time.time()}
        connection.execute(update(specifications).where(orphaned).values(changes))
    return some


def _missing(connection: Connection, table: Table, number: int) -> UnknownResource:
    kind, removed = KINDS[table], removed_resources
    gone = select(removed.c.id).where((removed.c.kind == kind) & (removed.c.id == number))
    if connection.execute(gone).first():
        return RemovedResource(f"the {kind} {number} was removed")
    return UnknownResource(f"there is no {kind} {number}")


def files_of(connection: Connection, numbers: list[int]) -> dict[int, tuple[NetworkFile, ...]]:
    """The files of networks, by the networks' ids."""
    found: dict[int, tuple[NetworkFile, ...]] = {}
    wanted = select(network_files).where(network_files.c.network_id.in_(numbers)).order_by(network_files.c.name)
    for row in connection.execute(wanted):
        file = NetworkFile(row.name, row.sha256, row.size)
        found[row.network_id] = (*found.get(row.network_id, ()), file)
    return found


def network_of_row(row: RowMapping, files: Mapping[int, tuple[NetworkFile, ...]]) -> StoredNetwork:
    """A network and its files."""
    draft = NetworkDraft(
        name=row["name"],
        framework=row["framework"],
        preprocessing=row["preprocessing"],
        files=files.get(row["id"], ()),
        description=row["description"],
        metadata=row["metadata"],
        postprocessings=tuple(row["postprocessings"]),
    )
    state = NetworkState(row["state"])
    return StoredNetwork(row["id"], draft, row["created"], row["updated"], row["task_id"], state, row["findings"])


def spec_of_row(row: RowMapping) -> StoredSpec:
    """A specification."""
    outputs = tuple(labels_from_json(one) for one in row["outputs"])
    described = (row["name"], row["description"], row["metadata"])
    return StoredSpec(row["id"], *described, outputs, row["updated"], row["current_version_id"])


def version_of_row(row: RowMapping) -> StoredVersion:
    """A version; names of its specification and network come with the row."""
    return StoredVersion(
        id=row["id"],
        spec_id=row["specification_id"],
        spec_name=row["specification_name"],
        network_id=row["network_id"],
        network_name=row["network_name"],
        post_processings=tuple(row["post_processings"]),
        created=row["created"],
    )
