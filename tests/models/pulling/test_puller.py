"""From a repository on a hub to a model that runs."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from image_tagger.domain.errors import InvalidModel, ModelUnavailable, UnknownModel
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Version
from image_tagger.models import contract, loaded
from image_tagger.models.manifest import read_version, sha256
from image_tagger.models.names import ModelName, model_name
from image_tagger.models.opening.process import GIBIBYTE, Limits
from image_tagger.models.pulling.puller import Puller
from image_tagger.models.pulling.terms import Terms
from image_tagger.models.shelf import Shelf
from tests.models import networks
from tests.models.folders import copy_of_starter, rewrite
from tests.models.hub import Hub, commit_of
from tests.models.recognising import recognised
from tests.models.repositories import BLUE, CONFIG, GREEN, RED, plain_picture, repository

NAME = model_name("house/colours")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "models")


@pytest.fixture
def puller(shelf: Shelf, tmp_path: Path) -> Puller:
    return Puller(shelf, Terms(tmp_path / "spare"))


@pytest.fixture
def published(hub: Hub, tmp_path: Path) -> Path:
    """The repository house/colours on the hub."""
    hub.repositories["house/colours"] = repository(tmp_path / "published")
    return hub.repositories["house/colours"]


def best(version: Version, colour: tuple[int, int, int]) -> str:
    return recognised(loaded.load(version), plain_picture(colour), Selection(top=1))[0].label


def test_a_model_is_pulled_and_recognises(puller: Puller, published: Path) -> None:
    version = puller.pull(NAME)
    assert version.name == "house/colours"
    assert [best(version, colour) for colour in (RED, GREEN, BLUE)] == ["red", "green", "blue"]
    assert contract.check(loaded.load(version)).difference < 1e-6
    assert dict(version.about)["source"] == f"house/colours at {commit_of(published)}"


@pytest.mark.usefixtures("published")
def test_only_what_is_needed_is_fetched_and_never_a_pickle(puller: Puller, hub: Hub, published: Path) -> None:
    for name in ("pytorch_model.bin", "model.safetensors", "README.md", "onnx/model_quantized.onnx", "evil.py"):
        (published / name).write_bytes(b"not wanted")
    puller.pull(NAME)
    commit = commit_of(published)
    needed = ("onnx/model.onnx", "preprocessor_config.json", "config.json")
    assert hub.downloads("house/colours") == [f"{commit}/{name}" for name in needed]


def test_what_is_here_is_not_fetched_again(puller: Puller, hub: Hub, published: Path) -> None:
    assert puller.pull(NAME) == puller.pull(NAME)
    assert len(hub.downloads("house/colours")) == 3
    asked = len(hub.asked)
    assert puller.pull(NAME, newest=False) == puller.pull(NAME, newest=False)
    assert len(hub.asked) == asked
    assert published


def test_a_newer_commit_takes_the_name_and_the_old_one_stays(
    puller: Puller, shelf: Shelf, published: Path, hub: Hub, tmp_path: Path
) -> None:
    old = puller.pull(NAME)
    first = commit_of(published)
    hub.revisions["house/colours", "v1"] = published
    hub.repositories["house/colours"] = repository(tmp_path / "newer", config={"id2label": {"0": "rot", "2": "blau"}})
    new = puller.pull(NAME)
    assert (old.spec.labels.names, new.spec.labels.names) == (("red", "green", "blue"), ("rot", "LABEL_1", "blau"))
    assert shelf.version(ModelName("house/colours", first)) == old
    assert shelf.version(NAME) == new
    assert shelf.revisions(NAME)[0] == commit_of(tmp_path / "newer")
    assert puller.pull(model_name("house/colours@v1")) == old
    assert shelf.version(NAME) == new


@pytest.mark.usefixtures("published")
def test_two_at_once_download_once(puller: Puller, hub: Hub) -> None:
    hub.stop.clear()
    with ThreadPoolExecutor(4) as pool:
        pulls = [pool.submit(puller.pull, NAME) for _ in range(4)]
        threading.Timer(0.3, hub.stop.set).start()
        versions = {pull.result() for pull in pulls}
    assert len(versions) == 1
    assert len(hub.downloads("house/colours")) == 3


def test_a_download_that_was_cut_is_resumed(puller: Puller, hub: Hub, published: Path) -> None:
    (published / "onnx" / "model.onnx_data").write_bytes(bytes(300_000))
    hub.cut_after = 100_000
    version = puller.pull(NAME)
    assert hub.cut_after is None
    assert [name for name, _ in version.network.companions] == ["model.onnx_data"]
    assert len(hub.downloads("house/colours")) == 5


def test_the_token_is_sent_and_opens_what_is_private(hub: Hub, published: Path, shelf: Shelf, tmp_path: Path) -> None:
    hub.private["house/colours"] = "sesame"
    with pytest.raises(UnknownModel, match="no model 'house/colours' that may be read without another token"):
        Puller(shelf, Terms(tmp_path / "spare")).pull(NAME)
    assert Puller(shelf, Terms(tmp_path / "spare", token="sesame")).pull(NAME)  # noqa: S106 - a test's own
    assert hub.tokens == {None, "sesame"}
    assert published


def test_a_gated_model_says_what_to_do(puller: Puller, hub: Hub, published: Path) -> None:
    hub.gated.add("house/colours")
    with pytest.raises(ModelUnavailable, match="asks for consent"):
        puller.pull(NAME)
    assert published


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("name", "reason"),
    [("house/absent", "the hub has no model 'house/absent'"), ("house/colours@v9", "has no revision 'v9'")],
)
def test_what_the_hub_does_not_have_is_unknown(puller: Puller, name: str, reason: str) -> None:
    with pytest.raises(UnknownModel, match=reason):
        puller.pull(model_name(name))


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_hub_in_trouble_is_no_unknown_model(puller: Puller, hub: Hub, status: int) -> None:
    hub.status = status
    with pytest.raises(ModelUnavailable, match="house/colours"):
        puller.pull(NAME)


def test_without_a_hub_the_cache_of_this_machine_is_used(
    puller: Puller, shelf: Shelf, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulled = puller.pull(NAME)
    shelf.remove(NAME)
    for change in ({"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:1"}):
        for variable, value in change.items():
            monkeypatch.setenv(variable, value)
        assert puller.pull(NAME).spec == pulled.spec
        shelf.remove(NAME)
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    assert published


@pytest.mark.usefixtures("hub")
def test_without_a_hub_and_a_cache_it_is_unavailable(puller: Puller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelUnavailable, match=r"not to be asked \(HF_HUB_OFFLINE\), and its files are not on this"):
        puller.pull(NAME)


def test_a_model_that_is_too_large_is_not_fetched(hub: Hub, published: Path, shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(InvalidModel, match="at most 100 are fetched"):
        Puller(shelf, Terms(tmp_path / "spare", max_bytes=100)).pull(NAME)
    assert hub.downloads("house/colours") == []
    assert published


def test_where_the_machine_has_no_cache_nothing_is_left_behind(
    puller: Puller, published: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HF_HOME", "HF_HUB_CACHE"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert puller.pull(NAME)
    assert not (tmp_path / "home").exists()
    assert not list((tmp_path / "spare").iterdir())
    assert published


def test_a_failed_pull_leaves_nothing_behind(puller: Puller, shelf: Shelf, published: Path, tmp_path: Path) -> None:
    (published / "config.json").write_text("{")
    with pytest.raises(InvalidModel, match=r"the model 'house/colours' cannot be used: its config\.json is no JSON"):
        puller.pull(NAME)
    assert shelf.names() == ()
    assert [path.name for path in (tmp_path / "models").rglob("*") if path.is_file()] == ["house--colours.lock"]
    assert CONFIG


def test_a_folder_that_describes_itself_is_compared_and_stays_as_it_is(
    puller: Puller, shelf: Shelf, tmp_path: Path
) -> None:
    folder = copy_of_starter(tmp_path)
    version = puller.pull_folder(folder, ModelName("own"))
    assert (version.name, version.network.sha256) == ("own", read_version(folder).network.sha256)
    rewrite(folder, 'resize = "crop"', 'resize = "squash"')
    with pytest.raises(
        InvalidModel, match=r"'other' cannot be used: its answers in onnx differ from its golden ones by"
    ):
        puller.pull_folder(folder, ModelName("other"))
    assert shelf.names() == (ModelName("own"),)


def test_a_folder_s_network_cannot_take_all_memory(shelf: Shelf, tmp_path: Path) -> None:
    folder = copy_of_starter(tmp_path)
    known = sha256(folder / "starter.onnx")
    networks.giant(folder / "starter.onnx")
    rewrite(folder, known, sha256(folder / "starter.onnx"))
    for old, new in (("[96, 96]", "[8, 8]"), ('"NHWC"', '"NCHW"'), ('"uint8"', '"float32"')):
        rewrite(folder, old, new)
    with pytest.raises(
        InvalidModel, match="'own' cannot be used: its network cannot be used: it needs more than 1 GiB of memory"
    ):
        Puller(shelf, Terms(tmp_path / "spare"), Limits(GIBIBYTE, 30)).pull_folder(folder, ModelName("own"))
    assert shelf.names() == ()
