"""Networks laid out by the names of their files, whole in spite of whoever was killed."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from image_tagger.domain.errors import ModelUnavailable
from image_tagger.domain.recognition import NetworkFile
from image_tagger.models.platform.folders import discard, lay_out, sweep

FILES = (NetworkFile("saved_model.pb", "aa", 2), NetworkFile("variables.index", "bb", 2))


@pytest.fixture
def find(tmp_path: Path) -> Callable[[str], Path]:
    """Where the content of a hash is: a file of this name."""
    for name in ("aa", "bb"):
        (tmp_path / name).write_text(name)
    return tmp_path.joinpath


def test_files_lie_where_their_format_wants_them(tmp_path: Path, find: Callable[[str], Path]) -> None:
    paths = lay_out(FILES, find, tmp_path / "nets" / "one")
    assert {name: path.read_text() for name, path in paths.items()} == {"saved_model.pb": "aa", "variables.index": "bb"}
    assert paths["variables.index"].parent.name == "variables"
    assert [path.name for path in (tmp_path / "nets").iterdir()] == ["one"]


@pytest.mark.parametrize("missing", ["saved_model.pb", "variables.index"])
def test_what_is_left_of_a_folder_is_laid_out_again(tmp_path: Path, find: Callable[[str], Path], missing: str) -> None:
    folder = tmp_path / "nets" / "one"
    lay_out(FILES, find, folder)[missing].unlink()
    paths = lay_out(FILES, find, folder)
    assert [path.read_text() for path in paths.values()] == ["aa", "bb"]
    assert [path.name for path in (tmp_path / "nets").iterdir()] == ["one"]


def test_what_is_whole_is_left_alone(tmp_path: Path, find: Callable[[str], Path]) -> None:
    folder = tmp_path / "nets" / "one"
    before = lay_out(FILES, find, folder)["saved_model.pb"].parent.stat()
    assert os.path.samestat(lay_out(FILES, find, folder)["saved_model.pb"].parent.stat(), before)


def test_a_file_that_is_lost_is_said(tmp_path: Path, find: Callable[[str], Path]) -> None:
    (tmp_path / "bb").unlink()
    with pytest.raises(ModelUnavailable, match="laid out"):
        lay_out(FILES, find, tmp_path / "nets" / "one")
    assert list((tmp_path / "nets").iterdir()) == []


def test_what_is_discarded_is_gone_and_may_be_gone_already(tmp_path: Path, find: Callable[[str], Path]) -> None:
    folder = tmp_path / "nets" / "one"
    lay_out(FILES, find, folder)
    for _ in range(2):
        discard(folder)
        assert list((tmp_path / "nets").iterdir()) == []


def test_only_what_was_abandoned_long_ago_is_swept(tmp_path: Path, find: Callable[[str], Path]) -> None:
    lay_out(FILES, find, tmp_path / "one")
    for name in (".one.old", ".two.new"):
        (tmp_path / name / "variables").mkdir(parents=True)
    for name in ("one", ".one.old"):
        os.utime(tmp_path / name, (time.time() - 2 * 24 * 3600,) * 2)
    sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"one", ".two.new"}
    sweep(tmp_path / "nowhere")
