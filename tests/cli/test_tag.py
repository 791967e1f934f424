"""`image-tagger tag`, from names to what is written about them."""

import csv
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from image_tagger.cli.pictures import find_pictures
from image_tagger.domain.errors import InvalidMedia
from tests.cli.conftest import Tagger
from tests.dialects.pictures import jpeg, png
from tests.upstream import ImageHost, answer

NOBODY = 65534
ODD_NAMES = ("new\nline.png", 'quo"ted, comma.png', "\x1b[31mred.png", "žluťoučký.png", "lat\udce9n.png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures and, between them in the alphabet, a broken one."""
    for name, content in (("a.jpg", jpeg(1)), ("broken.jpg", b"no picture"), ("c.png", png(2))):
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """Pictures whose names are hard to print."""
    for seed, name in enumerate(ODD_NAMES):
        (tmp_path / name).write_bytes(png(seed))
    return tmp_path


def pictures(objects: list[dict[str, Any]]) -> list[str]:
    return [Path(one["picture"]).name for one in objects]


def test_the_best_labels_stand_on_the_picture_s_line(tagger: Tagger, folder: Path) -> None:
    outcome = tagger("tag", str(folder / "a.jpg"), "--top", "2")
    assert (outcome.status, outcome.err) == (0, "")
    name, labels = outcome.out.rstrip("\n").split(": ")
    assert name == str(folder / "a.jpg")
    scores = [float(label.rpartition(" ")[2].rstrip("%")) for label in labels.split(", ")]
    assert len(scores) == 2
    assert scores == sorted(scores, reverse=True)


def test_a_sure_answer_is_one_path_or_nothing(tagger: Tagger, folder: Path, shared_data: Path) -> None:
    coffee = shared_data / "photos" / "cc_coffee.png"
    assert tagger("tag", str(coffee), "--sure").out.startswith(f"{coffee}: food > espresso ")
    (seen,) = json.loads(tagger("tag", str(coffee), "--sure", "--json").out)
    assert [(label["label"], label["groups"]) for label in seen["labels"]] == [("espresso", ["food"])]
    assert tagger("tag", str(folder / "a.jpg"), "--sure", "-c", "1").out == f"{folder / 'a.jpg'}: (nothing)\n"


def test_a_broken_picture_is_reported_and_skipped(tagger: Tagger, folder: Path) -> None:
    outcome = tagger("tag", str(folder))
    assert outcome.status == 1
    assert [Path(line.partition(": ")[0]).name for line in outcome.out.splitlines()] == ["a.jpg", "c.png"]
    assert outcome.err == f"image-tagger: {folder / 'broken.jpg'}: the file is no picture, or a broken one\n"


def test_a_missing_picture_is_reported_and_skipped(tagger: Tagger, folder: Path) -> None:
    named = (str(folder / "a.jpg"), str(folder / "absent.jpg"), str(folder / "c.png"))
    outcome = tagger("tag", *named, "--jsonl")
    assert outcome.status == 1
    first, missing, last = map(json.loads, outcome.out.splitlines())
    assert missing == {"picture": named[1], "error": "it cannot be opened: No such file or directory"}
    assert "labels" in first
    assert "labels" in last
    assert outcome.err == f"image-tagger: {named[1]}: {missing['error']}\n"


def test_a_picture_that_cannot_be_opened_is_reported(tagger: Tagger, folder: Path) -> None:
    (folder / "link.jpg").symlink_to(folder / "vanished.jpg")
    outcome = tagger("tag", str(folder), "--jsonl")
    errors = {Path(one["picture"]).name for one in map(json.loads, outcome.out.splitlines()) if "error" in one}
    assert (outcome.status, errors) == (1, {"broken.jpg", "link.jpg"})


def test_json_is_one_array_with_every_picture(tagger: Tagger, folder: Path) -> None:
    outcome = tagger("tag", str(folder), "--json", "--top", "3")
    written = json.loads(outcome.out)
    assert pictures(written) == ["a.jpg", "broken.jpg", "c.png"]
    assert [len(one.get("labels", ())) for one in written] == [3, 0, 3]
    assert written[1]["error"] == "the file is no picture, or a broken one"
    assert all(0 <= label["confidence"] <= 1 for one in written for label in one.get("labels", ()))


def test_csv_has_a_row_per_label_and_one_per_picture_without(tagger: Tagger, folder: Path) -> None:
    outcome = tagger("tag", str(folder), "--csv", "--top", "2")
    rows = list(csv.DictReader(io.StringIO(outcome.out)))
    assert pictures(rows) == ["a.jpg", "a.jpg", "broken.jpg", "c.png", "c.png"]
    assert [row["rank"] for row in rows] == ["1", "2", "", "1", "2"]
    assert [row["error"] for row in rows if row["error"]] == ["the file is no picture, or a broken one"]
    nothing = tagger("tag", str(folder / "a.jpg"), "--csv", "--min-confidence", "1").out
    assert list(csv.reader(io.StringIO(nothing)))[1:] == [[str(folder / "a.jpg"), "", "", "", ""]]


def test_the_formats_agree(tagger: Tagger, folder: Path) -> None:
    arguments = ("tag", str(folder / "a.jpg"), "--top", "3")
    (from_json,) = json.loads(tagger(*arguments, "--json").out)
    from_lines = json.loads(tagger(*arguments, "--jsonl").out)
    from_csv = list(csv.DictReader(io.StringIO(tagger(*arguments, "--csv").out)))
    assert from_json == from_lines
    labels = [(label["label"], f"{label['confidence']:.6f}") for label in from_json["labels"]]
    assert labels == [(row["label"], row["confidence"]) for row in from_csv]


def test_min_confidence_leaves_out_what_is_less_probable(tagger: Tagger, folder: Path) -> None:
    (whole,) = json.loads(tagger("tag", str(folder / "a.jpg"), "--json").out)
    bound = whole["labels"][1]["confidence"]
    (kept,) = json.loads(tagger("tag", str(folder / "a.jpg"), "--json", "--min-confidence", repr(bound)).out)
    assert kept["labels"] == whole["labels"][:2]


def test_odd_names_are_one_line_each_on_a_terminal(tagger: Tagger, odd: Path) -> None:
    lines = tagger("tag", str(odd), "--top", "1").out.splitlines()
    names = [Path(line.partition(": ")[0]).name for line in lines]
    assert names == sorted(
        ["\\x1b[31mred.png", "lat\ufffdn.png", "new\\nline.png", 'quo"ted, comma.png', "žluťoučký.png"]
    )


def test_odd_names_are_whole_in_json_and_csv(tagger: Tagger, odd: Path) -> None:
    names = sorted(name.replace("\udce9", "\ufffd") for name in ODD_NAMES)
    from_json = json.loads(tagger("tag", str(odd), "--json", "--top", "1").out)
    from_csv = list(csv.DictReader(io.StringIO(tagger("tag", str(odd), "--csv", "--top", "1").out, newline="")))
    assert sorted(pictures(from_json)) == names
    assert sorted(pictures(from_csv)) == names


def test_a_folder_gives_its_pictures_in_order_and_hidden_ones_not(tagger: Tagger, tmp_path: Path) -> None:
    for name in ("b.PNG", "a.png", "notes.txt", ".hidden.png", "sub/z.png", ".git/x.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(png(0))
    flat = json.loads(tagger("tag", str(tmp_path), "--json").out)
    deep = json.loads(tagger("tag", str(tmp_path), "--json", "--recursive").out)
    assert pictures(flat) == ["a.png", "b.PNG"]
    assert pictures(deep) == ["a.png", "b.PNG", "z.png"]


def test_a_folder_s_pipe_is_not_waited_for(tagger: Tagger, folder: Path) -> None:
    os.mkfifo(folder / "pipe.jpg")
    assert pictures(json.loads(tagger("tag", str(folder), "--json").out)) == ["a.jpg", "broken.jpg", "c.png"]


def test_nothing_to_tag_is_an_error(tagger: Tagger, tmp_path: Path) -> None:
    outcome = tagger("tag", str(tmp_path), "--json")
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == "image-tagger: there are no pictures in what was named\n"


def test_a_wrong_model_is_one_error(tagger: Tagger, folder: Path) -> None:
    outcome = tagger("tag", str(folder), "--model", "wrong", "--json")
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == "image-tagger: there is no model 'wrong'; there are: starter, starter-fp32\n"


def test_an_alias_is_a_model(tagger: Tagger, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = tagger("tag", str(folder / "a.jpg")).out
    monkeypatch.setenv("IMAGE_TAGGER_MODEL_ALIASES", '{"house": "starter"}')
    assert tagger("tag", str(folder / "a.jpg"), "--model", "house").out == plain


def test_a_wrong_setting_is_one_error(tagger: Tagger, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_TAGGER_THREADS", "many")
    outcome = tagger("tag", str(folder))
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.startswith("image-tagger: wrong settings: threads: ")


def test_a_url_is_fetched_by_the_same_rules_as_the_server_s(
    tagger: Tagger, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ImageHost() as host:
        url = host.on("/a.jpg", answer((folder / "a.jpg").read_bytes())) + "?" + "x" * 300
        absent = host.address + "/absent.jpg"
        refused = tagger("tag", url)
        assert (refused.status, host.received) == (1, [])
        assert "not public" in refused.err
        monkeypatch.setenv("IMAGE_TAGGER_ALLOW_PRIVATE_URLS", "true")
        fetched = tagger("tag", url, str(folder / "a.jpg"), absent, "ftp://localhost/a", "--jsonl")
    first, second, *failed = map(json.loads, fetched.out.splitlines())
    assert first["labels"] == second["labels"]
    assert [one["picture"] for one in failed] == [absent, "ftp://localhost/a"]
    assert all("error" in one for one in failed)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Without the superuser's right to read everything."""
    own = os.geteuid()
    if own == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(own)


def test_a_folder_that_cannot_be_read_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, readable = tmp_path / "closed", tmp_path / "readable.png"
    readable.write_bytes(png(0))
    closed.mkdir()
    find_pictures([str(tmp_path)], recursive=True, limit=1)  # all that is imported late, while it may be read
    closed.chmod(0)
    monkeypatch.chdir(tmp_path)  # a path from the root would lead through folders that are closed, too
    tmp_path.chmod(0o755)
    with unprivileged():
        found = find_pictures(["."], recursive=True, limit=1)
    closed.chmod(0o700)
    assert [picture.name for picture in found] == ["readable.png", "./closed"]
    assert isinstance(found[1].media, InvalidMedia)
    assert str(found[1].media) == "the folder cannot be read: Permission denied"


@pytest.mark.parametrize("name", ["x" * 5000, "a.jpg/b.jpg"])
def test_a_name_that_no_file_can_have_is_a_picture_that_cannot_be_opened(folder: Path, name: str) -> None:
    (found,) = find_pictures([str(folder / name)], recursive=False, limit=1)
    assert isinstance(found.media, InvalidMedia)
