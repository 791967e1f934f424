"""What other programs read in our sidecars, and what is left after they have rewritten them."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from image_tagger.media import xmp
from image_tagger.media.xmp import Mark, Provenance
from tests.media.xmp.packets import DIGIKAM

STARTER = Provenance("starter", "0" * 64, "image-tagger 2.0.0")
MARKS = (Mark(("animal", "dog", "poodle"), 0.9), Mark(("Käse & <Brot>",), 0.25))
NAMES, PATHS = ["poodle", "Käse & <Brot>"], ["animal|dog|poodle", "Käse & <Brot>"]


def ran(*arguments: str | Path) -> str:
    if shutil.which(str(arguments[0])) is None:
        pytest.skip(f"{arguments[0]} is not installed")
    return subprocess.run(arguments, check=True, capture_output=True, timeout=60).stdout.decode()


def exiftool(sidecar: Path) -> dict[str, object]:
    (read,) = json.loads(ran("exiftool", "-j", "-struct", "-G1", "-XMP:all", sidecar))
    return dict(read)


def exiv2(sidecar: Path, key: str) -> str:
    return ran("exiv2", "-Pv", "-K", key, "pr", sidecar).strip()


@pytest.fixture
def sidecar(tmp_path: Path) -> Path:
    (tmp_path / "photo.jpg").touch()
    written = xmp.write(tmp_path / "photo.jpg", MARKS, STARTER)
    assert written is not None
    return written


def test_exiftool_reads_labels_and_who_says_so(sidecar: Path) -> None:
    read = exiftool(sidecar)
    assert read["XMP-dc:Subject"] == NAMES
    assert read["XMP-lr:HierarchicalSubject"] == PATHS
    assert read["XMP-digiKam:TagsList"] == ["animal/dog/poodle", "Käse & <Brot>"]
    assert read["XMP-imagetagger:Model"] == {
        "Name": "starter",
        "Digest": "0" * 64,
        "Software": "image-tagger 2.0.0",
    }
    assert read["XMP-imagetagger:Labels"] == [
        {"Label": "poodle", "Score": 0.9},
        {"Label": "Käse & <Brot>", "Score": 0.25},
    ]


def test_exiv2_reads_labels_as_digikam_and_darktable_do(sidecar: Path) -> None:
    assert exiv2(sidecar, "Xmp.dc.subject") == ", ".join(NAMES)
    assert exiv2(sidecar, "Xmp.lr.hierarchicalSubject") == ", ".join(PATHS)
    assert exiv2(sidecar, "Xmp.digiKam.TagsList") == "animal/dog/poodle, Käse & <Brot>"


def test_our_labels_go_from_a_file_that_exiv2_has_rewritten(tmp_path: Path) -> None:
    sidecar = tmp_path / "photo.jpg.xmp"
    sidecar.write_bytes(DIGIKAM)
    xmp.write(tmp_path / "photo.jpg", MARKS, STARTER)
    ran("exiv2", "-M", "set Xmp.xmp.Rating 5", sidecar)
    xmp.remove(tmp_path / "photo.jpg")
    assert b"imagetagger:" not in sidecar.read_bytes().replace(b"xmlns:imagetagger", b"")
    assert exiv2(sidecar, "Xmp.dc.subject") == "Praha, dog"
    assert exiv2(sidecar, "Xmp.digiKam.TagsList") == "Places/Praha"
    assert exiv2(sidecar, "Xmp.xmp.Rating") == "5"
    assert b"hierarchicalSubject" not in sidecar.read_bytes()


def test_our_labels_go_from_a_file_that_exiftool_has_rewritten(sidecar: Path) -> None:
    ran("exiftool", "-q", "-overwrite_original", "-XMP-xmp:Rating=5", "-XMP-dc:Subject+=mine", sidecar)
    xmp.remove(sidecar.with_suffix(""))
    read = {
        key: value for key, value in exiftool(sidecar).items() if key.startswith("XMP-") and key != "XMP-x:XMPToolkit"
    }
    assert read == {"XMP-xmp:Rating": 5, "XMP-dc:Subject": ["mine"]}
