"""`image-tagger models list`."""

import json

import pytest

from tests.cli.command import run
from tests.cli.conftest import Tagger

ALIAS = "a-name-that-is-much-too-long-for-a-column-of-a-narrow-terminal-but-must-be-whole-to-be-copied"


@pytest.fixture(autouse=True)
def _alias(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_TAGGER_MODEL_ALIASES", json.dumps({ALIAS: "starter"}))


@pytest.mark.parametrize("columns", ["20", "200"])
def test_names_are_whole_however_narrow_the_terminal(
    tagger: Tagger, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    header, starter, alias = tagger("models", "list").out.splitlines()
    assert header.split() == ["model", "labels", "input", "runtime", "what", "it", "is"]
    assert starter.startswith("starter (default) ")
    assert {"293", "onnx"} <= set(starter.split())
    assert alias.startswith(f"{ALIAS} ")
    assert alias.endswith("alias of starter")
    assert header.index("labels") == starter.index("293")


def test_json_says_everything(tagger: Tagger) -> None:
    (starter,) = json.loads(tagger("models", "list", "--json").out)
    assert starter["name"] == "starter"
    assert starter["aliases"] == [ALIAS]
    assert (starter["default"], starter["labels"], starter["runtime"]) == (True, 293, "onnx")
    assert all(side > 0 for side in starter["input"])
    assert starter["about"]["licence"] == "Apache-2.0"


def test_the_installed_command_lists_the_embedded_model() -> None:
    outcome = run("models", "list")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.splitlines()[1].startswith("starter (default)")
