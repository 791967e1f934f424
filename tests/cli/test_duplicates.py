"""`image-tagger duplicates`: files of the same bytes, and what looks alike."""

import json
import os
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Tagger
from tests.dialects.pictures import encoded, scene


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One picture three times in the same bytes, twice in others, and three different ones."""
    one = scene(1, (320, 240))
    (tmp_path / "below").mkdir()
    for name in ("a.jpg", "b.jpg", "below/c.jpg"):
        (tmp_path / name).write_bytes(encoded(one))
    (tmp_path / "small.png").write_bytes(encoded(one.resize((160, 120)), "PNG"))
    (tmp_path / "worse.jpg").write_bytes(encoded(one, quality=40))
    for seed in (2, 3, 4):
        (tmp_path / f"other{seed}.jpg").write_bytes(encoded(scene(seed, (320, 240))))
    return tmp_path


def test_groups_are_listed(tagger: Tagger, folder: Path) -> None:
    outcome = tagger("duplicates", str(folder))
    assert (outcome.status, outcome.err) == (0, "")
    lines = [line.replace(f"{folder}{os.sep}", "").partition(" (")[0] for line in outcome.out.splitlines()]
    assert lines == [
        "the same bytes, 3 files:",
        *("  a.jpg", "  b.jpg", f"  below{os.sep}c.jpg"),
        "alike, 3 pictures:",
        *("  a.jpg", "  small.png", "  worse.jpg"),
    ]


def test_as_json(tagger: Tagger, folder: Path) -> None:
    found = json.loads(tagger("duplicates", str(folder), "--json").out)
    assert found["exact"] == [[str(folder / name) for name in ("a.jpg", "b.jpg", "below/c.jpg")]]
    (alike,) = found["near"]
    assert [one["file"] for one in alike] == [str(folder / name) for name in ("a.jpg", "small.png", "worse.jpg")]
    assert alike[0]["differing"] == 0
    assert all(one["differing"] <= 4 for one in alike)


def test_exact_decodes_nothing(tagger: Tagger, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"no picture")
    outcome = tagger("duplicates", str(tmp_path), "--exact", "--json")
    assert (outcome.status, json.loads(outcome.out)["near"]) == (0, [])
    assert json.loads(outcome.out)["exact"] == [[str(tmp_path / "a.jpg"), str(tmp_path / "b.jpg")]]


def test_two_names_of_one_file_are_no_duplicates(tagger: Tagger, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(scene(1)))
    (tmp_path / "b.jpg").hardlink_to(tmp_path / "a.jpg")
    assert json.loads(tagger("duplicates", str(tmp_path), "--exact", "--json").out)["exact"] == []


def test_plain_pictures_are_compared_by_their_bytes_only(tagger: Tagger, tmp_path: Path) -> None:
    for name in ("black", "white"):
        (tmp_path / f"{name}.png").write_bytes(encoded(Image.new("RGB", (50, 50), name), "PNG"))
    assert tagger("duplicates", str(tmp_path)).out == "no duplicates\n"


def test_what_cannot_be_read_is_said(tagger: Tagger, folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"no picture")
    outcome = tagger("duplicates", str(folder))
    assert outcome.status == 1
    assert outcome.err.startswith(f"image-tagger: {folder / 'broken.jpg'}: ")
    assert outcome.out.startswith("the same bytes, 3 files:")


def test_nothing_is_deleted(tagger: Tagger, folder: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*.*")}
    tagger("duplicates", str(folder))
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*.*")} == before


@pytest.mark.parametrize("arguments", [("nowhere",), (".", "--near", "12"), (".", "--near", "-1")])
def test_a_wrong_command_line(tagger: Tagger, arguments: tuple[str, ...]) -> None:
    assert tagger("duplicates", *arguments).status == 2
