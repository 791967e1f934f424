"""`image-tagger models add` and `inspect`."""

import json
from pathlib import Path

import pytest

from tests.cli.command import run
from tests.cli.conftest import Tagger
from tests.models import networks
from tests.models.folders import copy_of_starter, rewrite


@pytest.fixture(autouse=True)
def _data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMAGE_TAGGER_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def labels(tmp_path: Path) -> str:
    (tmp_path / "labels.txt").write_text("red\ngreen\nblue\n")
    return str(tmp_path / "labels.txt")


def test_a_file_is_added_listed_verified_and_removed(tagger: Tagger, tmp_path: Path, labels: str) -> None:
    file = networks.shares(tmp_path / "my colours.onnx")
    outcome = tagger("models", "add", str(file), "--labels", labels)
    assert (outcome.status, outcome.err) == (0, "")
    first, second, *guesses = outcome.out.splitlines()
    assert first.startswith("my-colours: 3 labels, classification, runs in onnx; it had no golden answers")
    assert "to be checked" in second
    assert any(line.startswith("  spec.options.activation = none: ") for line in guesses)
    assert tagger("models", "verify", "my-colours").out.startswith("ok  my-colours: largest difference 0.0e+00")
    assert json.loads(tagger("models", "show", "my-colours", "--json").out)["label_names"] == ["red", "green", "blue"]
    assert "model my-colours" in tagger("doctor").out
    assert tagger("models", "remove", "my-colours").status == 0


def test_a_draft_is_written_corrected_and_added(tagger: Tagger, tmp_path: Path, labels: str) -> None:
    file = str(networks.means(tmp_path / "colours.onnx"))
    draft = tmp_path / "draft"
    outcome = tagger("models", "inspect", file, "--labels", labels, "--write", str(draft))
    assert (outcome.status, outcome.err) == (0, "")
    assert "input   image [1, 3, 8, 8] float32" in outcome.out
    assert "output  answer [1, 3] float32; in a trial [1, 3], " in outcome.out
    rewrite(draft, 'name = "colours"', 'name = "house/colours"')
    assert tagger("models", "add", str(draft)).out.startswith("house/colours: 3 labels")
    assert tagger("models", "inspect", str(draft)).out.startswith("colours.onnx: ONNX, opened by onnx")


def test_json_says_everything(tagger: Tagger, tmp_path: Path) -> None:
    shown = json.loads(tagger("models", "inspect", str(networks.shares(tmp_path / "a.onnx")), "--json").out)
    assert (shown["format"], shown["runtime"], shown["no_recipe"]) == ("ONNX", "onnx", "")
    assert shown["inputs"] == [{"name": "image", "shape": [1, 3, 8, 8], "element": "float32"}]
    assert {"table", "key", "value", "why", "sure"} == set(shown["guesses"][0])


def test_a_folder_that_breaks_its_contract_is_refused_with_the_number(tagger: Tagger, tmp_path: Path) -> None:
    folder = copy_of_starter(tmp_path)
    assert tagger("models", "add", str(folder), "--name", "own").status == 0
    rewrite(folder, 'resize = "crop"', 'resize = "squash"')
    outcome = tagger("models", "add", str(folder), "--name", "own")
    assert outcome.status == 1
    assert "differ from its golden ones by" in outcome.err
    assert tagger("models", "verify", "own").status == 0


def test_a_broken_model_is_found_by_verify_and_doctor(tagger: Tagger, tmp_path: Path) -> None:
    tagger("models", "add", str(networks.shares(tmp_path / "own.onnx")))
    (manifest,) = (tmp_path / "data").rglob("model.toml")
    manifest.write_text("name = ")
    for command in (("models", "verify"), ("doctor",)):
        outcome = tagger(*command)
        assert outcome.status == 1
        assert any(line.startswith("BAD") and "own" in line for line in outcome.out.splitlines())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x80\x04\x95", "it is a pickle"),
        (b"hello", "no network that is known here"),
        (b"", "it is empty"),
    ],
)
def test_what_cannot_be_added_says_why_in_one_line(tagger: Tagger, tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "weights.pt").write_bytes(content)
    for command in ("add", "inspect"):
        outcome = tagger("models", command, str(tmp_path / "weights.pt"))
        assert (outcome.status, outcome.out, len(outcome.err.splitlines())) == (1, "", 1)
        assert reason in outcome.err
        assert str(tmp_path) not in outcome.err


def test_names_of_the_product_stay_its_own(tagger: Tagger, tmp_path: Path) -> None:
    outcome = tagger("models", "add", str(networks.shares(tmp_path / "starter.onnx")))
    assert (outcome.status, outcome.out) == (1, "")
    assert "comes with the product" in outcome.err


def test_the_installed_command_adds(tmp_path: Path, labels: str) -> None:
    file = str(networks.shares(tmp_path / "own.onnx"))
    outcome = run("models", "add", file, "--labels", labels, image_tagger_data_dir=str(tmp_path / "data"))
    assert (outcome.status, outcome.err) == (0, "")


@pytest.mark.parametrize("command", ["add", "inspect"])
def test_each_command_has_examples(tagger: Tagger, command: str) -> None:
    assert f"  image-tagger models {command}" in tagger("models", command, "--help").out


def test_a_runtime_that_there_is_not_is_named_with_those_that_there_are(tagger: Tagger, tmp_path: Path) -> None:
    outcome = tagger("models", "inspect", str(networks.shares(tmp_path / "a.onnx")), "--runtime", "nonsense")
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.startswith("image-tagger: 'nonsense' is none of the runtimes: ")
    assert "onnx" in outcome.err
