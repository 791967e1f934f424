"""What is registered: ids, cascades, and which version is current."""

from collections.abc import AsyncIterator

import pytest

from image_tagger.domain.errors import InvalidRequest, RemovedResource, UnknownResource
from image_tagger.domain.recognition import Labels, NetworkDraft, NetworkFile, NetworkState, Page, StoredSpec
from image_tagger.store.database import Database
from image_tagger.store.registry import Registry, add_network

FILES = (NetworkFile("a.onnx", "aa", 3), NetworkFile("shared.npy", "cc", 5))
SPEC = StoredSpec(0, "doors", "", {"team": "b"}, (Labels((4, 7), ("door", "window"), exclusive=True),), 0.0)
ENTRIES = ({"classification": {"output_tensor": "prob"}},)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An empty database of each kind."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def registry(database: Database) -> Registry:
    """An empty registry."""
    return Registry(database)


def network(*files: NetworkFile) -> NetworkDraft:
    """A network of these files."""
    return NetworkDraft("leaf", "onnx", {"inputs": []}, files or FILES, metadata={})


async def test_a_network_comes_back(database: Database, registry: Registry) -> None:
    stored = registry.network(database.writing(add_network, network(), 12))
    assert registry.unchecked() == (stored,)
    assert registry.network_of_task(12) == stored
    registry.note_check(stored.id, NetworkState.READY, {"runtime": "onnx"})
    found = registry.network(stored.id)
    assert (found.draft, found.task_id, found.state, found.findings) == (
        network(),
        12,
        NetworkState.READY,
        {"runtime": "onnx"},
    )
    assert registry.networks(Page()).results == (found,)
    assert registry.unchecked() == ()
    with pytest.raises(UnknownResource, match="removed"):
        registry.network_of_task(13)


async def test_only_what_nobody_has_checked_is_refused_for_that(registry: Registry) -> None:
    checked, waiting = registry.add_network(network()), registry.add_network(network())
    registry.note_check(checked.id, NetworkState.READY, {"runtime": "onnx"})
    for number in (checked.id, waiting.id, 99):
        registry.refuse_unchecked(number, "its check was cancelled")
    assert registry.network(checked.id).state is NetworkState.READY
    found = registry.network(waiting.id)
    assert (found.state, found.findings) == (NetworkState.REFUSED, {"reason": "its check was cancelled"})


async def test_files_go_when_no_network_names_them(registry: Registry) -> None:
    first = registry.add_network(network())
    second = registry.add_network(network(NetworkFile("b.onnx", "bb", 3), FILES[1]))
    assert registry.hashes() == {"aa", "bb", "cc"}
    assert registry.remove_network(first.id) == ("aa",)
    assert registry.remove_network(second.id) == ("bb", "cc")


async def test_what_was_removed_is_told_from_what_never_was(registry: Registry) -> None:
    stored = registry.add_network(network())
    registry.remove_network(stored.id)
    with pytest.raises(RemovedResource):
        registry.network(stored.id)
    with pytest.raises(UnknownResource, match="there is no network 999"):
        registry.network(999)
    assert registry.add_network(network()).id > stored.id


async def test_the_current_version(registry: Registry) -> None:
    spec, stored = registry.add_spec(SPEC), registry.add_network(network())
    first, second = (registry.add_version(spec.id, stored.id, ENTRIES).id for _ in range(2))
    assert registry.spec(spec.id).current_version_id == first
    assert registry.change_spec(spec.id, {"current_version_id": second}).current_version_id == second
    registry.remove_version(second)
    assert registry.spec(spec.id).current_version_id == first
    registry.remove_network(stored.id)
    assert registry.spec(spec.id).current_version_id is None


async def test_a_specification_takes_only_its_own_versions(registry: Registry) -> None:
    spec, other, stored = registry.add_spec(SPEC), registry.add_spec(SPEC), registry.add_network(network())
    version = registry.add_version(other.id, stored.id, ENTRIES)
    with pytest.raises(InvalidRequest):
        registry.change_spec(spec.id, {"current_version_id": version.id})
    registry.remove_spec(other.id)
    assert registry.versions(Page()).count == 0


async def test_pages(registry: Registry) -> None:
    ids = [registry.add_spec(SPEC).id for _ in range(5)]
    page = registry.specs(Page(1, 2))
    assert (page.count, [spec.id for spec in page.results]) == (5, ids[1:3])
