"""Installed models: whole at every moment, and listed by the names that they answer to."""

import json
import shutil
import threading
from pathlib import Path

import pytest

from image_tagger.domain.errors import ModelUnavailable
from image_tagger.models import embedded
from image_tagger.models.catalog import Catalog
from image_tagger.models.names import model_name
from image_tagger.models.shelf import PINS, WORK, Shelf
from tests.models.folders import copy_of_starter, rewrite

OWN, NET = model_name("own"), model_name("house/net")
FIRST, SECOND = "a" * 40, "b" * 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def shelf(folder: Path) -> Shelf:
    return Shelf(folder)


def install(shelf: Shelf, name: str = "own", revision: str = FIRST, about: str = "") -> None:
    with shelf.reserved(model_name(name)) as work:
        prepared = copy_of_starter(work)
        (prepared / "note.txt").write_text(about)
        shelf.add(model_name(name), revision, prepared)


def listed(shelf: Shelf) -> list[str]:
    """What is on the shelf, as the catalog lists it."""
    own = {"starter", "starter-fp32"}
    return [one.name for one in Catalog(embedded.FOLDERS, {}, "starter", shelf).versions if one.name not in own]


def test_what_is_installed_again_never_misses(shelf: Shelf) -> None:
    install(shelf)
    found, stop = list[object](), threading.Event()

    def read() -> None:
        while not stop.is_set():
            found.append(shelf.version(OWN))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(10):
        install(shelf)
    stop.set()
    reader.join()
    assert found
    assert None not in found


def test_what_is_installed_anew_takes_the_place_of_the_old(shelf: Shelf, folder: Path) -> None:
    install(shelf, about="old")
    install(shelf, about="new")
    assert (folder / "own" / FIRST / "note.txt").read_text() == "new"
    assert shelf.revisions(OWN) == (FIRST,)
    assert list((folder / WORK).iterdir()) == []


def test_what_is_damaged_is_repaired_by_installing_it_again(shelf: Shelf, folder: Path) -> None:
    install(shelf)
    (folder / "own" / FIRST / "model.toml").unlink()
    assert shelf.version(OWN) is None
    install(shelf)
    assert shelf.version(OWN) is not None


def test_what_cannot_be_put_in_place_leaves_the_old(shelf: Shelf, folder: Path) -> None:
    install(shelf, about="old")
    with pytest.raises(ModelUnavailable), shelf.reserved(OWN) as work:
        shelf.add(OWN, FIRST, work / "absent")
    assert (folder / "own" / FIRST / "note.txt").read_text() == "old"


def killed_in_between(folder: Path) -> None:
    """What a process leaves that ends when the old revision is moved aside and the new one not yet in its place."""
    aside = folder / WORK / "own" / "replaced"
    aside.mkdir(parents=True)
    (folder / "own" / FIRST).rename(aside / FIRST)
    (aside.parent / "prepared").mkdir()


@pytest.mark.parametrize("next_name", ["own", "house/net"])
def test_who_was_killed_while_replacing_loses_nothing(shelf: Shelf, folder: Path, next_name: str) -> None:
    install(shelf)
    killed_in_between(folder)
    assert shelf.version(OWN) is None
    with shelf.reserved(model_name(next_name)) as work:
        assert shelf.version(OWN) is not None
        assert [path.name for path in (folder / WORK).iterdir()] == [work.name]


def test_what_others_work_at_is_left_to_them(shelf: Shelf, folder: Path) -> None:
    with shelf.reserved(NET) as theirs:
        (theirs / "half").write_text("of a network")
        install(shelf)
        assert (theirs / "half").exists()
    assert list((folder / WORK).iterdir()) == []


def test_a_revision_whose_folder_is_gone_breaks_no_list(shelf: Shelf, folder: Path) -> None:
    install(shelf)
    install(shelf, "house/net")
    for name in ("own", "house--net"):
        shutil.rmtree(folder / name / FIRST)
    install(shelf, "other")
    assert listed(shelf) == ["other"]
    assert [str(name) for name in shelf.usable_names() if shelf.complaint(name)] == ["house/net", "own"]


def test_what_was_pulled_with_a_revision_only_is_listed_with_it(shelf: Shelf) -> None:
    install(shelf, "house/net@v2", SECOND)
    install(shelf, "house/net@v1")
    assert listed(shelf) == ["house/net@v1", "house/net@v2"]
    assert list(map(str, shelf.names())) == ["house/net"]
    assert [Catalog(embedded.FOLDERS, {}, "starter", shelf).version(name).name for name in listed(shelf)] == listed(
        shelf
    )
    install(shelf, "house/net", SECOND)
    assert listed(shelf) == ["house/net"]


def test_broken_lists_of_revisions_break_no_other(shelf: Shelf, folder: Path) -> None:
    install(shelf)
    install(shelf, "other")
    (folder / "own" / PINS).write_text("[")
    assert listed(shelf) == ["other"]
    (folder / "own" / PINS).write_text(json.dumps({"": "../other"}))
    assert listed(shelf) == ["other"]
    assert "revisions" in shelf.complaint(OWN)
    rewrite(folder / "other" / FIRST, "[network]", "[net]")
    assert listed(shelf) == []
