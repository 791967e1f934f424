"""`image-tagger doctor` on installations in good and in bad health."""

from pathlib import Path

import pytest

from image_tagger.jobs.office import FILE
from tests.cli.command import run
from tests.cli.conftest import Tagger

Verdicts = dict[str, str]


def verdicts(text: str) -> Verdicts:
    """What was looked at, and `ok` or `BAD`."""
    return {line[4:23].strip(): line[:3].strip() for line in text.splitlines()}


def test_a_good_installation(tagger: Tagger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMAGE_TAGGER_DATA_DIR", str(tmp_path / "new" / "data"))
    outcome = tagger("doctor")
    assert outcome.status == 0
    looked_at = (
        "image-tagger",
        "ONNX Runtime",
        "picture formats",
        "settings",
        "data folder",
        "model starter",
        "model starter-fp32",
    )
    assert verdicts(outcome.out) == dict.fromkeys(looked_at, "ok")
    assert ".avif, .heic, .webp" in outcome.out
    assert "golden answers" in outcome.out
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("setting", "value", "verdict"),
    [
        ("DEFAULT_MODEL", "none", ("models", "there is no model 'none'; there are: starter, starter-fp32")),
        ("MODEL_ALIASES", '{"a": "absent"}', ("models", "there is no model 'a'")),
        ("MODEL_ALIASES", '{"a": ', ("settings", "model_aliases")),
        ("THREADS", "0", ("settings", "threads")),
        ("CONFIG", "absent.toml", ("settings", "absent.toml")),
        ("DATA_DIR", "/dev/null/data", ("data folder", "cannot be written")),
    ],
)
def test_what_is_wrong_is_named(
    tagger: Tagger, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, verdict: tuple[str, str]
) -> None:
    bad, reason = verdict
    monkeypatch.setenv(f"IMAGE_TAGGER_{setting}", value)
    outcome = tagger("doctor")
    assert (outcome.status, outcome.err) == (1, "")
    assert [name for name, verdict in verdicts(outcome.out).items() if verdict != "ok"] == [bad]
    (line,) = [line for line in outcome.out.splitlines() if line.startswith("BAD")]
    assert reason in line


@pytest.mark.parametrize(("library", "bad"), [("onnxruntime", "ONNX Runtime"), ("pi_heif", "picture formats")])
def test_a_library_that_does_not_load_is_named(tmp_path: Path, library: str, bad: str) -> None:
    (tmp_path / f"{library}.py").write_text("raise ImportError('libgomp.so.1: cannot open shared object file')")
    outcome = run("doctor", pythonpath=str(tmp_path))
    assert (outcome.status, outcome.err) == (1, "")
    assert verdicts(outcome.out)[bad] == "BAD"
    assert "libgomp.so.1" in outcome.out


def test_a_database_that_is_none_is_named(tagger: Tagger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMAGE_TAGGER_DATA_DIR", str(tmp_path))
    (tmp_path / FILE).write_bytes(b"no database at all, but long enough to look like a file of one" * 20)
    outcome = tagger("doctor")
    assert outcome.status == 1
    assert verdicts(outcome.out)["database"] == "BAD"
    assert "the file of the database is no database" in outcome.out


def test_a_database_in_order_is_said_to_be(tagger: Tagger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMAGE_TAGGER_DATA_DIR", str(tmp_path))
    assert tagger("jobs", "list").status == 0
    (tmp_path / FILE).touch()  # an empty file is an empty database
    outcome = tagger("doctor")
    assert (outcome.status, verdicts(outcome.out)["database"]) == (0, "ok")
