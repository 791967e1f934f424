"""`image-tagger tag --xmp` and `untag`: labels beside pictures, and gone again."""

from pathlib import Path

import pytest

from image_tagger.media.xmp.marks import HIERARCHICAL, SUBJECT
from image_tagger.media.xmp.packet import Packet
from tests.cli.conftest import Tagger
from tests.dialects.pictures import jpeg, png
from tests.media.xmp.packets import DIGIKAM


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in (("a.jpg", jpeg(1)), ("b.jpg", jpeg(2)), ("c.png", png(3))):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "b.jpg.xmp").write_bytes(DIGIKAM)
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.rglob("*.*")}


def test_labels_go_into_sidecars_and_out_of_them(tagger: Tagger, folder: Path) -> None:
    before = files(folder)
    assert tagger("tag", str(folder), "--xmp", "--top", "2", "-c", "0.0001").status == 0
    assert set(files(folder)) == {*before, "a.jpg.xmp", "c.png.xmp"}
    assert len(Packet(files(folder)["a.jpg.xmp"]).items(SUBJECT)) == 2
    outcome = tagger("untag", str(folder))
    assert (outcome.status, outcome.err) == (0, "")
    assert sorted(line.rpartition(": ")[2] for line in outcome.out.splitlines()) == ["cleaned", "removed", "removed"]
    assert files(folder) == before


def test_labels_carry_the_groups_of_the_model(tagger: Tagger, tmp_path: Path, shared_data: Path) -> None:
    (tmp_path / "coffee.png").write_bytes((shared_data / "photos" / "cc_coffee.png").read_bytes())
    tagger("tag", str(tmp_path), "--xmp", "--sure")
    sure = [item.text for item in Packet(files(tmp_path)["coffee.png.xmp"]).items(HIERARCHICAL)]
    assert sure == ["food|espresso"]
    tagger("tag", str(tmp_path), "--xmp", "--top", "1", "-c", "0.01")
    assert [item.text for item in Packet(files(tmp_path)["coffee.png.xmp"]).items(HIERARCHICAL)] == sure


def test_where_nothing_is_found_nothing_is_written(tagger: Tagger, folder: Path) -> None:
    before = files(folder)
    tagger("tag", str(folder), "--xmp", "-c", "1")
    assert files(folder) == before


def test_what_is_worth_keeping_must_be_said(tagger: Tagger, folder: Path) -> None:
    outcome = tagger("tag", str(folder), "--xmp")
    assert outcome.status == 2
    assert "--min-confidence or --sure" in outcome.err


def test_folders_below_need_recursive(tagger: Tagger, folder: Path) -> None:
    (folder / "below").mkdir()
    (folder / "below" / "d.jpg").write_bytes(jpeg(4))
    before = files(folder)
    tagger("tag", str(folder / "below"), "--xmp", "-c", "0.0001")
    tagger("untag", str(folder))
    assert set(files(folder)) == {*before, "d.jpg.xmp"}
    tagger("untag", str(folder), "--recursive")
    assert files(folder) == before


def test_a_broken_sidecar_is_said_and_left(tagger: Tagger, folder: Path) -> None:
    (folder / "a.jpg.xmp").write_bytes(b"broken")
    for command in (("tag", "--xmp", "-c", "0.0001"), ("untag",)):
        outcome = tagger(*command, str(folder))
        assert outcome.status == 1
        assert outcome.err.startswith(f"image-tagger: {folder / 'a.jpg'}: the sidecar is no XML")
        assert files(folder)["a.jpg.xmp"] == b"broken"


def test_nothing_named_is_an_error(tagger: Tagger, tmp_path: Path) -> None:
    assert tagger("untag", str(tmp_path)).status == 1
    assert tagger("untag", str(tmp_path / "nowhere.jpg")).status == 1
