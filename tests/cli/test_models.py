"""`image-tagger models`: list, show, pull, remove, verify."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import run
from tests.cli.conftest import Tagger
from tests.models.extras import needed
from tests.models.folders import copy_of_starter
from tests.models.hub import Hub, commit_of, hub_asked
from tests.models.repositories import repository, weigh

ALIAS = "a-name-that-is-much-too-long-for-a-column-of-a-narrow-terminal-but-must-be-whole-to-be-copied"
NAME = "house/colours"
EMBEDDED = ["starter", "starter-fp32"]


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMAGE_TAGGER_MODEL_ALIASES", json.dumps({ALIAS: "starter"}))
    monkeypatch.setenv("IMAGE_TAGGER_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A hub with one model."""
    with hub_asked(monkeypatch, tmp_path) as hub:
        hub.repositories[NAME] = repository(tmp_path / "published")
        yield hub


@pytest.mark.parametrize("columns", ["20", "200"])
def test_names_are_whole_however_narrow_the_terminal(
    tagger: Tagger, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    header, starter, fp32, alias = tagger("models", "list").out.splitlines()
    assert header.split() == ["model", "labels", "input", "runtime", "what", "it", "is"]
    assert starter.startswith("starter (default) ")
    assert fp32.startswith("starter-fp32 ")
    assert {"293", "onnx"} <= set(starter.split())
    assert alias.startswith(f"{ALIAS} ")
    assert alias.endswith("alias of starter")
    assert header.index("labels") == starter.index("293")


def test_json_says_everything(tagger: Tagger) -> None:
    starter, fp32 = json.loads(tagger("models", "list", "--json").out)
    assert starter["name"] == "starter"
    assert (fp32["name"], fp32["aliases"], fp32["default"]) == ("starter-fp32", [], False)
    assert starter["aliases"] == [ALIAS]
    assert (starter["default"], starter["labels"], starter["runtime"]) == (True, 293, "onnx")
    assert all(side > 0 for side in starter["input"])
    assert starter["about"]["licence"] == "Apache-2.0"


def test_the_installed_command_lists_the_embedded_model() -> None:
    outcome = run("models", "list")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.splitlines()[1].startswith("starter (default)")


@pytest.mark.usefixtures("published")
def test_a_pulled_model_is_listed_shown_verified_used_and_removed(tagger: Tagger, tmp_path: Path) -> None:
    outcome = tagger("models", "pull", NAME)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == f"{NAME}: 3 labels, runs in onnx; its own ONNX file; not compared with torch\n"
    assert [one["name"] for one in json.loads(tagger("models", "list", "--json").out)] == [NAME, *EMBEDDED]
    shown = json.loads(tagger("models", "show", NAME, "--json").out)
    assert shown["label_names"] == ["red", "green", "blue"]
    assert shown["revisions"] == [commit_of(tmp_path / "published")]
    assert shown["bytes"] > 0
    assert tagger("models", "verify").out.count("ok ") == 1 + len(EMBEDDED)
    assert tagger("models", "remove", NAME).out == f"removed {NAME}\n"
    assert [one["name"] for one in json.loads(tagger("models", "list", "--json").out)] == EMBEDDED
    assert tagger("models", "remove", NAME).status == 1


def test_the_installed_command_pulls_without_a_word_too_many(published: Hub, tmp_path: Path) -> None:
    outcome = run("models", "pull", NAME, image_tagger_data_dir=str(tmp_path / "data"))
    assert (outcome.status, outcome.err) == (0, "")
    assert len(outcome.out.splitlines()) == 1
    assert len(published.downloads(NAME)) == 3


def test_a_model_is_shown_with_all_its_labels(tagger: Tagger) -> None:
    lines = tagger("models", "show", ALIAS).out.splitlines()
    assert {"name", "labels", "input", "runtime", "licence"} <= {line.split()[0] for line in lines[:-2]}
    assert len(lines[-1].split("; ")) == 293


def test_a_folder_is_pulled_under_its_name_or_another(tagger: Tagger, tmp_path: Path) -> None:
    assert tagger("models", "pull", str(repository(tmp_path / "colours"))).status == 0
    assert tagger("models", "pull", str(tmp_path / "colours"), "--name", "house/own").status == 0
    names = [one["name"] for one in json.loads(tagger("models", "list", "--json").out)]
    assert names == ["colours", "house/own", *EMBEDDED]


def test_a_model_folder_is_pulled_if_it_gives_its_golden_answers(tagger: Tagger, tmp_path: Path) -> None:
    folder = str(copy_of_starter(tmp_path))
    assert tagger("models", "pull", folder).status == 0
    assert tagger("models", "verify", "model").out.startswith("ok  model: ")
    manifest = Path(folder, "model.toml")
    manifest.write_text(manifest.read_text().replace('resize = "crop"', 'resize = "squash"'))
    outcome = tagger("models", "pull", folder, "--name", "squashed")
    assert outcome.status == 1
    assert "its answers in onnx differ from its golden ones" in outcome.err


def test_a_lower_precision_is_shown_with_what_it_costs(tagger: Tagger, tmp_path: Path) -> None:
    if not needed("openvino").computes("bf16"):
        pytest.skip("this processor does not compute in bfloat16")
    weigh(repository(tmp_path / "colours"), [[8, 0, 0], [0, 4, 0], [0, 0, 2]])
    outcome = tagger("models", "pull", str(tmp_path / "colours"), "--precision", "bfloat16", "--tolerance", "0.05")
    assert outcome.out.startswith(
        "colours: 3 labels, runs in openvino; its own ONNX file; not compared with torch; bfloat16 "
    )
    about = json.loads(tagger("models", "show", "colours", "--json").out)["about"]
    assert "on 16 pictures the best labels of float32, its probabilities to " in about["precision"]
    assert "(allowed: 5.0e-02), in openvino" in tagger("models", "verify", "colours").out


@pytest.mark.usefixtures("published")
def test_what_has_changed_on_disk_is_found(tagger: Tagger, tmp_path: Path) -> None:
    tagger("models", "pull", NAME)
    (network,) = (tmp_path / "data").rglob("network.onnx")
    network.unlink()
    network.write_bytes(b"another")
    outcome = tagger("models", "verify", NAME)
    assert outcome.status == 1
    assert outcome.out.startswith(f"BAD {NAME}: network.onnx is not the file that was described")
    (manifest,) = (tmp_path / "data").rglob("model.toml")
    manifest.write_text("name = ")
    assert f"{NAME}" in tagger("models", "list").out
    assert "broken: " in tagger("models", "list").out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("pull", "resnet"), "names no model of the hub"),
        (("pull", "a/b/c"), "is not a name of the form owner/name"),
        (("pull", "house/colours", "--name", "other"), "--name is for folders"),
        (("pull", "./absent"), "there is no folder 'absent'"),
        (("pull", "/", "--name", "starter"), "comes with the product"),
        (("pull", "./absent", "--name", "a@b"), "no revisions"),
        (("pull", "./absent", "--precision", "int8"), "the precision must be float32 or bfloat16, not 'int8'"),
        (("show", "absent"), "there is no model 'absent'"),
        (("show", "house/absent"), "is not on this machine"),
        (("verify", "absent"), "there is no model 'absent'"),
        (("remove", "starter"), "no model 'starter' was pulled or added; those that can be removed: none"),
        (("remove", "house/colours@main"), "with all its revisions"),
    ],
)
def test_what_cannot_be_done_says_why(tagger: Tagger, arguments: tuple[str, ...], reason: str) -> None:
    outcome = tagger("models", *arguments)
    assert (outcome.status, outcome.out) == (1, "")
    assert reason in outcome.err


def test_a_hub_that_is_not_there_is_an_error_of_one_line(tagger: Tagger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    outcome = tagger("models", "pull", "house/never-seen")
    assert (outcome.status, len(outcome.err.splitlines())) == (1, 1)
    assert "the hub cannot be reached" in outcome.err


@pytest.mark.parametrize("command", ["list", "show", "pull", "remove", "verify"])
def test_each_command_has_examples(tagger: Tagger, command: str) -> None:
    assert f"  image-tagger models {command}" in tagger("models", command, "--help").out
