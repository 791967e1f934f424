"""Sidecars as files: which one is a picture's, and that it is replaced whole or not at all."""

from pathlib import Path

import pytest

from image_tagger.domain.errors import InvalidSidecar, TaggerError
from image_tagger.media import xmp
from image_tagger.media.xmp import Mark, Provenance
from image_tagger.media.xmp.sidecars import replace
from tests.media.xmp.packets import DARKTABLE, DIGIKAM

STARTER = Provenance("starter")
MARKS = (Mark(("animal", "dog"), 0.9),)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    (tmp_path / "photo.jpg").touch()
    return tmp_path / "photo.jpg"


def files(picture: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in picture.parent.iterdir() if file != picture}


def test_a_new_sidecar_is_called_as_digikam_and_darktable_do(picture: Path) -> None:
    assert xmp.write(picture, MARKS, STARTER) == picture.with_name("photo.jpg.xmp")
    assert [*files(picture)] == ["photo.jpg.xmp"]


def test_removing_a_new_sidecar_leaves_the_folder_as_it_was(picture: Path) -> None:
    sidecar = xmp.write(picture, MARKS, STARTER)
    assert xmp.remove(picture) == (sidecar,)
    assert files(picture) == {}


def test_the_sidecar_that_adobe_s_programs_made_is_taken(picture: Path) -> None:
    picture.with_suffix(".xmp").write_bytes(DARKTABLE)
    assert xmp.write(picture, MARKS, STARTER) == picture.with_suffix(".xmp")
    assert xmp.remove(picture) == (picture.with_suffix(".xmp"),)
    assert files(picture) == {"photo.xmp": DARKTABLE}


@pytest.mark.parametrize("other", ["photo.CR2", "photo.png", "photo.nef"])
def test_the_sidecar_of_another_picture_is_not_taken(picture: Path, other: str) -> None:
    picture.with_name(other).touch()
    picture.with_suffix(".xmp").write_bytes(DARKTABLE)
    assert xmp.write(picture, MARKS, STARTER) == picture.with_name("photo.jpg.xmp")
    assert files(picture)["photo.xmp"] == DARKTABLE


def test_of_two_sidecars_the_longer_name_is_taken(picture: Path) -> None:
    picture.with_name("photo.jpg.xmp").write_bytes(DIGIKAM)
    picture.with_suffix(".xmp").write_bytes(DARKTABLE)
    assert xmp.write(picture, MARKS, STARTER) == picture.with_name("photo.jpg.xmp")
    xmp.remove(picture)
    assert files(picture) == {"photo.jpg.xmp": DIGIKAM, "photo.xmp": DARKTABLE}


def test_the_same_labels_again_write_nothing(picture: Path) -> None:
    sidecar = xmp.write(picture, MARKS, STARTER)
    assert sidecar is not None
    before = sidecar.stat()
    assert xmp.write(picture, MARKS, STARTER) is None
    assert (sidecar.stat().st_ino, sidecar.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_without_a_sidecar_there_is_nothing_to_remove(picture: Path) -> None:
    assert xmp.remove(picture) == ()
    assert xmp.write(picture, (), STARTER) is None
    assert files(picture) == {}


def test_a_broken_sidecar_is_left_as_it_is(picture: Path) -> None:
    picture.with_name("photo.jpg.xmp").write_bytes(DIGIKAM[:-40])
    for change in (lambda: xmp.write(picture, MARKS, STARTER), lambda: xmp.remove(picture)):
        with pytest.raises(InvalidSidecar, match="left as it is"):
            change()
    assert files(picture) == {"photo.jpg.xmp": DIGIKAM[:-40]}


def test_a_link_is_not_followed(picture: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "foreign.xmp"
    elsewhere.write_bytes(DIGIKAM)
    picture.with_name("photo.jpg.xmp").symlink_to(elsewhere)
    with pytest.raises(InvalidSidecar, match="a link"):
        xmp.write(picture, MARKS, STARTER)
    assert elsewhere.read_bytes() == DIGIKAM


def test_rights_of_a_sidecar_stay(picture: Path) -> None:
    sidecar = picture.with_name("photo.jpg.xmp")
    sidecar.write_bytes(DIGIKAM)
    sidecar.chmod(0o640)
    xmp.write(picture, MARKS, STARTER)
    assert sidecar.stat().st_mode & 0o777 == 0o640


def test_a_sidecar_that_cannot_be_written_stays_whole(picture: Path) -> None:
    taken = picture.with_name("x" * 252 + ".jpg")  # with .xmp behind it the name is too long
    with pytest.raises(TaggerError, match=r"the sidecar cannot be (read|written): File name too long"):
        xmp.write(taken, MARKS, STARTER)
    assert files(picture) == {}


def test_nothing_is_left_where_replacing_fails(picture: Path) -> None:
    (picture.parent / "taken.xmp").mkdir()
    with pytest.raises(TaggerError, match="the sidecar cannot be written"):
        replace(picture.parent / "taken.xmp", DIGIKAM)
    assert {file.name for file in picture.parent.rglob("*")} == {"photo.jpg", "taken.xmp"}
