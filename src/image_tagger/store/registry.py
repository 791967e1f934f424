"""Registered networks, specifications and versions in the database. Every method blocks."""

import time
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from image_tagger.domain.errors import InvalidRequest, UnknownResource
from image_tagger.domain.recognition import (
    Json,
    Listing,
    NetworkDraft,
    NetworkState,
    Page,
    StoredNetwork,
    StoredSpec,
    StoredVersion,
    labels_as_json,
)
from image_tagger.store.database import Database
from image_tagger.store.registered import (
    VERSIONS,
    add,
    change,
    files_of,
    network_of_row,
    one,
    page_of,
    remove,
    remove_one,
    spec_of_row,
    version_of_row,
)
from image_tagger.store.tables import network_files, networks, specifications, versions


class Registry:
    """Adds, finds, changes and removes. What is not there raises UnknownResource, or RemovedResource if it once was."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_network(self, draft: NetworkDraft) -> StoredNetwork:
        """A network that nobody has checked yet, and nobody will check."""
        return self.network(self._database.writing(add_network, draft, None))

    def network(self, number: int) -> StoredNetwork:
        """The network of this id."""
        return self._database.reading(_network, number)

    def networks(self, page: Page) -> Listing[StoredNetwork]:
        """Networks by id."""
        return self._database.reading(_networks, page)

    def change_network(self, number: int, changes: Json) -> StoredNetwork:
        """Another `name`, `description` or `metadata`."""
        self._database.writing(change, networks, number, {**changes, "updated": time.time()})
        return self.network(number)

    def network_of_task(self, task_id: int) -> StoredNetwork:
        """The network that this task checks."""
        return self._database.reading(_network_of_task, task_id)

    def unchecked(self) -> tuple[StoredNetwork, ...]:
        """Networks whose check has not ended well or badly."""
        return self._database.reading(_unchecked)

    def note_check(self, number: int, state: NetworkState, findings: Json) -> None:
        """What the check of a network found."""
        self._database.writing(change, networks, number, {"state": state.value, "findings": dict(findings)})

    def refuse_unchecked(self, number: int, reason: str) -> None:
        """Refuse it, unless it is gone or its check has ended meanwhile."""
        self._database.writing(_refuse_unchecked, number, reason)

    def remove_network(self, number: int) -> tuple[str, ...]:
        """Remove it and its versions; answers the hashes of files that no network names any more."""
        return self._database.writing(_remove_network, number)

    def hashes(self) -> frozenset[str]:
        """Of all files that networks name."""
        return self._database.reading(lambda connection: frozenset(connection.scalars(select(network_files.c.sha256))))

    def add_spec(self, draft: StoredSpec) -> StoredSpec:
        """A specification without a version; the draft's id and time do not count."""
        return self.spec(self._database.writing(_add_spec, draft))

    def spec(self, number: int) -> StoredSpec:
        """The specification of this id."""
        return self._database.reading(lambda connection: spec_of_row(one(connection, specifications, number)))

    def specs(self, page: Page) -> Listing[StoredSpec]:
        """Specifications by id."""
        return self._database.reading(_specs, page)

    def change_spec(self, number: int, changes: Json) -> StoredSpec:
        """Another `name`, `description`, `metadata` or `current_version_id`, which must be one of its versions."""
        self._database.writing(_change_spec, number, changes)
        return self.spec(number)

    def remove_spec(self, number: int) -> None:
        """Remove it and its versions."""
        self._database.writing(_remove_spec, number)

    def add_version(self, spec_id: int, network_id: int, post_processings: tuple[Json, ...]) -> StoredVersion:
        """A version; the first one of a specification is its current one at once."""
        return self.version(self._database.writing(_add_version, spec_id, network_id, post_processings))

    def version(self, number: int) -> StoredVersion:
        """The version of this id."""
        return self._database.reading(_version, number)

    def versions(self, page: Page, spec_id: int | None = None) -> Listing[StoredVersion]:
        """Versions by id, of one specification or of all."""
        return self._database.reading(_versions, page, spec_id)

    def remove_version(self, number: int) -> None:
        """Remove it; a specification whose current version it was goes back to the latest that is left, or to none."""
        self._database.writing(remove_one, versions, number)


def add_network(connection: Connection, draft: NetworkDraft, task_id: int | None) -> int:
    """The id of a new network, which this task is going to check."""
    now = time.time()
    values: dict[str, Any] = {
        "name": draft.name,
        "description": draft.description,
        "metadata": draft.metadata,
        "framework": draft.framework,
        "preprocessing": dict(draft.preprocessing),
        "postprocessings": [dict(entry) for entry in draft.postprocessings],
        "task_id": task_id,
        "state": NetworkState.PENDING.value,
        "created": now,
        "updated": now,
    }
    number = add(connection, networks, values)
    files = [{"network_id": number, "name": f.name, "sha256": f.sha256, "size": f.size} for f in draft.files]
    connection.execute(insert(network_files), files)
    return number


def _network(connection: Connection, number: int) -> StoredNetwork:
    return network_of_row(one(connection, networks, number), files_of(connection, [number]))


def note_task(connection: Connection, number: int, task_id: int) -> None:
    """Another task is going to check the network. Raises UnknownResource."""
    change(connection, networks, number, {"task_id": task_id})


def _network_of_task(connection: Connection, task_id: int) -> StoredNetwork:
    number = connection.scalar(select(networks.c.id).where(networks.c.task_id == task_id))
    if number is None:
        raise UnknownResource("the network was removed")
    return _network(connection, number)


def _unchecked(connection: Connection) -> tuple[StoredNetwork, ...]:
    rows = connection.execute(select(networks).where(networks.c.state == NetworkState.PENDING.value)).mappings().all()
    files = files_of(connection, [row["id"] for row in rows])
    return tuple(network_of_row(row, files) for row in rows)


def _refuse_unchecked(connection: Connection, number: int, reason: str) -> None:
    waiting = (networks.c.id == number) & (networks.c.state == NetworkState.PENDING.value)
    refusal = {"state": NetworkState.REFUSED.value, "findings": {"reason": reason}}
    connection.execute(update(networks).where(waiting).values(refusal))


def _networks(connection: Connection, page: Page) -> Listing[StoredNetwork]:
    count, rows = page_of(connection, networks, select(networks), page)
    files = files_of(connection, [row["id"] for row in rows])
    return Listing(count, tuple(network_of_row(row, files) for row in rows))


def _remove_network(connection: Connection, number: int) -> tuple[str, ...]:
    remove(connection, versions, versions.c.network_id == number)
    named = select(network_files.c.sha256).where(network_files.c.network_id == number)
    hashes = set(connection.scalars(named))
    connection.execute(delete(network_files).where(network_files.c.network_id == number))
    remove_one(connection, networks, number)
    kept = select(network_files.c.sha256).where(network_files.c.sha256.in_(hashes))
    return tuple(sorted(hashes - set(connection.scalars(kept))))


def _add_spec(connection: Connection, draft: StoredSpec) -> int:
    values = {
        "name": draft.name,
        "description": draft.description,
        "metadata": draft.metadata,
        "outputs": [labels_as_json(labels) for labels in draft.outputs],
        "updated": time.time(),
    }
    return add(connection, specifications, values)


def _specs(connection: Connection, page: Page) -> Listing[StoredSpec]:
    count, rows = page_of(connection, specifications, select(specifications), page)
    return Listing(count, tuple(map(spec_of_row, rows)))


def _change_spec(connection: Connection, number: int, changes: Json) -> None:
    current = changes.get("current_version_id")
    owner = select(versions.c.specification_id).where(versions.c.id == current)
    if current is not None and connection.scalar(owner) != number:
        raise InvalidRequest(f"current_version_id: {current} is no version of this specification")
    change(connection, specifications, number, {**changes, "updated": time.time()})


def _remove_spec(connection: Connection, number: int) -> None:
    remove(connection, versions, versions.c.specification_id == number)
    remove_one(connection, specifications, number)


def _add_version(connection: Connection, spec_id: int, network_id: int, post_processings: tuple[Json, ...]) -> int:
    now = time.time()
    one(connection, specifications, spec_id)
    one(connection, networks, network_id)
    values = {"specification_id": spec_id, "network_id": network_id, "created": now}
    number = add(connection, versions, {**values, "post_processings": [dict(entry) for entry in post_processings]})
    first = (specifications.c.id == spec_id) & specifications.c.current_version_id.is_(None)
    connection.execute(update(specifications).where(first).values(current_version_id=number, updated=now))
    return number


def _version(connection: Connection, number: int) -> StoredVersion:
    one(connection, versions, number)
    return version_of_row(connection.execute(VERSIONS.where(versions.c.id == number)).mappings().one())


def _versions(connection: Connection, page: Page, spec_id: int | None) -> Listing[StoredVersion]:
    wanted = VERSIONS
    if spec_id is not None:
        one(connection, specifications, spec_id)
        wanted = VERSIONS.where(versions.c.specification_id == spec_id)
    count, rows = page_of(connection, versions, wanted, page)
    return Listing(count, tuple(map(version_of_row, rows)))
