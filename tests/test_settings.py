"""Settings: where they come from, which one wins, and what is said about wrong ones."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from docs import settings_table
from image_tagger.domain.errors import InvalidRequest
from image_tagger.settings import PREFIX, Settings, read_settings


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that `IMAGE_TAGGER_CONFIG` names, still empty."""
    path = tmp_path / "image-tagger.toml"
    path.touch()
    monkeypatch.setenv(f"{PREFIX}CONFIG", str(path))
    return path


def test_the_defaults_are_safe() -> None:
    settings = read_settings()
    assert (settings.host, settings.allow_private_urls) == ("127.0.0.1", False)
    assert settings.threads >= 1


def test_the_environment_wins_over_the_file_and_arguments_over_both(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('host = "file"\nthreads = 2\nqueue_length = 2\n')
    monkeypatch.setenv(f"{PREFIX}HOST", "environment")
    monkeypatch.setenv(f"{PREFIX}THREADS", "3")
    settings = read_settings(host="argument")
    assert (settings.host, settings.threads, settings.queue_length, settings.max_redirects) == ("argument", 3, 2, 5)


def test_an_empty_variable_counts_as_absent(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("threads = 2\n")
    monkeypatch.setenv(f"{PREFIX}THREADS", "")
    assert read_settings().threads == 2
    monkeypatch.setenv(f"{PREFIX}CONFIG", "")
    assert read_settings() == Settings()


def test_aliases_are_a_table_of_the_file_or_json_in_the_environment(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('[model_aliases]\nimagenet = "starter"\n')
    assert read_settings().model_aliases == {"imagenet": "starter"}
    monkeypatch.setenv(f"{PREFIX}MODEL_ALIASES", '{"house": "starter"}')
    assert read_settings().model_aliases["house"] == "starter"


def test_settings_never_change() -> None:
    settings = read_settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.host = "0.0.0.0"  # type: ignore[misc]  # that it is forbidden is the point


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model_aliases", "{"),
        ("model_aliases", "[1]"),
        ("model_aliases", '{"a": 1}'),
        ("allow_private_urls", "perhaps"),
        ("fetch_seconds", "0"),
        ("fetch_seconds", "56"),
        ("fetch_seconds", "nan"),
        ("connect_seconds", "-1"),
        ("max_redirects", "-1"),
        ("max_media_bytes", "64M"),
        ("max_pixels", "0"),
        ("max_body_bytes", "0"),
        ("max_bodies_bytes", "0"),
        ("exact_decoding", "2"),
        ("threads", "0"),
        ("threads", "1.5"),
        ("batch_size", "257"),
        ("queue_length", "0"),
        ("shutdown_seconds", "-1"),
        ("log_level", "loud"),
        ("log_format", "xml"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"{PREFIX}{name.upper()}", value)
    with pytest.raises(InvalidRequest, match=f"^wrong settings: .*{name}") as refused:
        read_settings()
    assert "\n" not in str(refused.value)
    assert "Source" not in str(refused.value)


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}THREADS", "0")
    monkeypatch.setenv(f"{PREFIX}LOG_LEVEL", "loud")
    with pytest.raises(InvalidRequest, match=r"threads: .*; log_level: "):
        read_settings()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"thredas = 2", "there is no setting 'thredas'"),
        (b"threads = 'many'", "threads: "),
        (b"threads =", "is no TOML: Invalid value"),
        (b"\xff\xfe", "is no TOML: .*utf-8"),
        (b"model_aliases = 'starter'", "model_aliases: "),
    ],
)
def test_what_is_wrong_in_the_file_is_named(file: Path, content: bytes, reason: str) -> None:
    file.write_bytes(content)
    with pytest.raises(InvalidRequest, match=f"^wrong settings: .*{reason}") as refused:
        read_settings()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("name", "reason"), [("absent.toml", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    monkeypatch.setenv(f"{PREFIX}CONFIG", str(tmp_path / name))
    with pytest.raises(InvalidRequest, match=f"^{PREFIX}CONFIG names no file that can be read: .*{reason}"):
        read_settings()


def test_the_page_of_all_settings_is_up_to_date() -> None:
    assert settings_table.PAGE.read_text(encoding="utf-8") == settings_table.page(), "run `make docs`"


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_is_described(name: str) -> None:
    assert (Settings.model_fields[name].description or "").endswith(".")
    assert f"| `{PREFIX}{name.upper()}` |" in settings_table.page()
