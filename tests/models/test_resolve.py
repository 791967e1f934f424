"""A name that is not here yet: pulled once, however many ask, and never a stranger's path."""

import asyncio
from pathlib import Path

import pytest

from image_tagger.domain.errors import InvalidModel, ModelUnavailable, TaggerError, UnknownModel
from image_tagger.models.catalog import MODELS, Catalog, standard_catalog
from image_tagger.models.opening.process import GIBIBYTE, Limits
from image_tagger.models.pulling.process import PullProcess
from image_tagger.models.pulling.terms import Terms
from image_tagger.models.resolve import PullRules, Resolver
from tests.models import networks
from tests.models.folders import copy_of_starter
from tests.models.hub import Hub
from tests.models.repositories import repository

NAME = "house/colours"
LIMITS = Limits(4 * GIBIBYTE, 60)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return standard_catalog({"colours": NAME}, "starter", tmp_path / "data")


@pytest.fixture
def pull(tmp_path: Path) -> PullProcess:
    return PullProcess(tmp_path / "data" / MODELS, Terms(tmp_path / "spare"), LIMITS)


@pytest.fixture
def published(hub: Hub, tmp_path: Path) -> Path:
    hub.repositories[NAME] = repository(tmp_path / "published")
    return hub.repositories[NAME]


@pytest.mark.usefixtures("published")
async def test_many_who_ask_at_once_get_one_download(catalog: Catalog, pull: PullProcess, hub: Hub) -> None:
    resolver = Resolver(catalog, pull)
    versions = await asyncio.gather(*(resolver.version(name) for name in (NAME, "colours", NAME)))
    assert {version.name for version in versions} == {NAME}
    assert len(hub.downloads(NAME)) == 3
    asked = len(hub.asked)
    assert await resolver.version("colours") == versions[0]
    assert len(hub.asked) == asked


async def test_what_is_here_needs_no_hub(catalog: Catalog) -> None:
    assert (await Resolver(catalog).version("")).name == "starter"


@pytest.mark.usefixtures("published")
async def test_another_server_on_the_same_folder_finds_it(catalog: Catalog, pull: PullProcess, tmp_path: Path) -> None:
    other = Resolver(standard_catalog({}, "starter", tmp_path / "data"))
    with pytest.raises(ModelUnavailable):
        await other.version(NAME)
    pulled = await Resolver(catalog, pull).version(NAME)
    assert await other.version(NAME) == pulled


@pytest.mark.usefixtures("published")
async def test_a_caller_who_leaves_does_not_stop_it(catalog: Catalog, pull: PullProcess, hub: Hub) -> None:
    hub.stop.clear()
    resolver = Resolver(catalog, pull)
    first, second = (asyncio.create_task(resolver.version(NAME)) for _ in range(2))
    await asyncio.sleep(0.1)
    first.cancel()
    hub.stop.set()
    assert (await second).name == NAME
    assert first.cancelled()


@pytest.mark.usefixtures("published")
async def test_who_waits_too_long_is_told_to_come_back(catalog: Catalog, pull: PullProcess, hub: Hub) -> None:
    hub.stop.clear()
    resolver = Resolver(catalog, pull, PullRules(wait_seconds=0.1))
    with pytest.raises(ModelUnavailable, match=f"the model '{NAME}' is being fetched; ask again") as told:
        await resolver.version(NAME)
    assert told.value.retry_after
    await resolver.close()
    hub.stop.set()
    again = Resolver(catalog, pull)
    assert (await again.version(NAME)).name == NAME


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(("pattern", "allowed"), [("house/*", True), (NAME, True), ("timm/*", False)])
async def test_the_operator_says_which_models_requests_may_fetch(
    catalog: Catalog, pull: PullProcess, hub: Hub, pattern: str, *, allowed: bool
) -> None:
    resolver = Resolver(catalog, pull, PullRules(patterns=(pattern,)))
    if allowed:
        assert (await resolver.version(NAME)).name == NAME
    else:
        with pytest.raises(ModelUnavailable, match="may not fetch it"):
            await resolver.version(NAME)
        assert hub.asked == []


async def test_without_downloads_the_command_is_named(catalog: Catalog, hub: Hub) -> None:
    with pytest.raises(ModelUnavailable, match=f"`image-tagger models pull {NAME}` fetches it"):
        await Resolver(catalog).version("colours")
    assert hub.asked == []


async def test_a_failure_is_remembered_for_a_while(catalog: Catalog, pull: PullProcess, hub: Hub) -> None:
    resolver = Resolver(catalog, pull)
    for _ in range(3):
        with pytest.raises(UnknownModel, match="the hub has no model 'house/absent'"):
            await resolver.version("house/absent")
    assert len(hub.asked_for("house/absent")) == 1
    forgetful = Resolver(catalog, pull, PullRules(remember_seconds=0.0))
    with pytest.raises(TaggerError):
        await forgetful.version("house/absent")
    assert len(hub.asked_for("house/absent")) == 2


async def test_a_hub_that_is_not_there_is_no_unknown_model(
    catalog: Catalog, pull: PullProcess, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(ModelUnavailable, match=r"cannot be reached.*`image-tagger models pull house/colours`"):
        await Resolver(catalog, pull).version(NAME)
    assert hub.asked == []


async def test_what_is_no_classifier_says_why(catalog: Catalog, pull: PullProcess, hub: Hub, tmp_path: Path) -> None:
    hub.repositories[NAME] = repository(tmp_path / "text", config={"architectures": ["BertForMaskedLM"]})
    with pytest.raises(InvalidModel, match="it is no image classifier but BertForMaskedLM"):
        await Resolver(catalog, pull).version(NAME)


@pytest.mark.usefixtures("published")
async def test_it_may_not_take_all_memory(catalog: Catalog, hub: Hub, tmp_path: Path) -> None:
    networks.giant(hub.repositories[NAME] / "onnx" / "model.onnx")
    small = PullProcess(tmp_path / "data" / MODELS, Terms(tmp_path / "spare"), Limits(GIBIBYTE, 60))
    with pytest.raises(InvalidModel, match=f"the model '{NAME}' cannot be used: it needs more than 1 GiB of memory"):
        await Resolver(catalog, small).version(NAME)


async def test_it_may_not_take_for_ever(catalog: Catalog, hub: Hub, published: Path, tmp_path: Path) -> None:
    hub.stop.clear()
    quick = PullProcess(tmp_path / "data" / MODELS, Terms(tmp_path / "spare"), Limits(GIBIBYTE, 0.2))
    with pytest.raises(ModelUnavailable, match="takes longer than 0 s"):
        await Resolver(catalog, quick).version(NAME)
    assert published


@pytest.mark.parametrize(
    "name",
    [
        *("/etc", "./published", "../published", "house/..", "a/b/c", "house/colours@", "house/colours@../x", "~/x"),
        *("https://example.org/x", "house//colours", "house/a--b", "house/colours\n", "a" * 5000, "house/\0", "x@y@z"),
    ],
)
async def test_nothing_but_a_name_reaches_disk_or_hub(name: str, catalog: Catalog, pull: PullProcess, hub: Hub) -> None:
    with pytest.raises(UnknownModel, match="there is no model"):
        await Resolver(catalog, pull).version(name)
    assert hub.asked == []


def test_the_operator_may_name_a_folder_and_a_caller_may_not(tmp_path: Path) -> None:
    folder = str(copy_of_starter(tmp_path))
    assert standard_catalog({}, folder).default.name == "starter"
    assert standard_catalog({"house": folder}, "starter").version("house").name == "starter"
    with pytest.raises(UnknownModel):
        standard_catalog({}, "starter").version(folder)
    with pytest.raises(UnknownModel, match=r"holds no model\.toml; `image-tagger models pull"):
        standard_catalog({}, str(tmp_path))


def test_a_default_model_has_to_be_here(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="'house/colours' is not on this machine"):
        standard_catalog({}, NAME, tmp_path)
