"""Listing a folder: which files, in which order, and from where a listing goes on."""

import os
from pathlib import Path

import pytest

from image_tagger.domain.errors import InvalidRequest
from image_tagger.media.listing import Listing

FILES = ("a.jpg", "b.JPG", "z.jpg", "b/a.jpg", "b/c/a.jpg", "b/c.jpg", "c/a.jpg")
IN_ORDER = ["a.jpg", "b.JPG", "z.jpg", "b/a.jpg", "b/c.jpg", "b/c/a.jpg", "c/a.jpg"]
JPEG = frozenset({".jpg"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures in folders, and what is none."""
    root = tmp_path / "root"
    for name in (*FILES, "notes.txt", ".hidden.jpg", ".hidden/a.jpg"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_files_of_a_folder_come_before_the_folders_below_it(folder: Path) -> None:
    assert [*Listing(folder, JPEG).files()] == IN_ORDER


def test_without_recursion_only_the_folder_itself_counts(folder: Path) -> None:
    assert [*Listing(folder, JPEG, recursive=False).files()] == ["a.jpg", "b.JPG", "z.jpg"]


@pytest.mark.parametrize("at", range(len(IN_ORDER)))
def test_a_listing_goes_on_behind_any_name_even_when_its_file_has_gone(folder: Path, at: int) -> None:
    (folder / IN_ORDER[at]).unlink()
    assert [*Listing(folder, JPEG).files(IN_ORDER[at])] == IN_ORDER[at + 1 :]


def test_links_to_folders_are_not_followed_and_links_out_of_the_root_are_left_out(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "secret.jpg"
    outside.touch()
    (folder / "out.jpg").symlink_to(outside)
    (folder / "in.jpg").symlink_to(folder / "a.jpg")
    (folder / "loop").symlink_to(folder)
    names = [*Listing(folder, JPEG, inside=folder.resolve()).files()]
    assert "in.jpg" in names
    assert "out.jpg" not in names
    assert sorted(names) == sorted([*IN_ORDER, "in.jpg"])
    assert "out.jpg" in [*Listing(folder, JPEG).files()]


def test_a_pipe_is_no_picture(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jpg")
    assert "pipe.jpg" not in [*Listing(folder, JPEG).files()]


def test_a_name_that_is_no_text_is_listed(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.jpg")).touch()
    assert "\udcff.jpg" in [*Listing(folder, JPEG).files()]


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="the folder cannot be read: No such file"):
        [*Listing(tmp_path / "gone", JPEG).files()]
