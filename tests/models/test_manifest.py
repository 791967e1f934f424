"""A folder with a `model.toml` is a version, or says what is wrong with it."""

import hashlib
import os
from pathlib import Path

import pytest

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.specs import Preprocessing, Resize
from image_tagger.models import embedded
from image_tagger.models.manifest import MOST_BYTES, read_version, sha256
from tests.models.folders import copy_of_starter, rewrite


def test_the_embedded_model_is_complete() -> None:
    version = read_version(embedded.FOLDER)
    assert version.name == "starter"
    assert len(version.spec.labels) == 293
    assert version.golden is not None
    assert dict(version.about)["licence"] == "Apache-2.0"
    assert (embedded.FOLDER / dict(version.about)["card"]).is_file()


def test_the_embedded_model_is_small_enough_to_ship() -> None:
    assert read_version(embedded.FOLDER).network.file.stat().st_size < 10_000_000


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('name = "starter"', 'nom = "starter"', "'name' is missing"),
        ('runtime = "onnx"', "", "'runtime' is missing"),
        ('file = "starter.onnx"', 'file = "../other.onnx"', "outside the model's folder"),
        ('file = "starter.onnx"', 'file = "absent.onnx"', "No such file"),
        ('sha256 = "', 'sha256 = "0', "not the file that was described"),
        ('resize = "crop"', 'resize = "stretch"', "'stretch' is not a valid Resize"),
        ("fraction = 0.96", "fraction = 7.0", "crop fraction"),
        ("[spec]", "[spec", "model.toml"),
        ("fraction = 0.96", 'chanels = "BGR"', "[preprocessing] has no entry 'chanels'"),
        ('runtime = "onnx"', 'runtime = "onnx"\nouputs = ["y"]', "[network] has no entry 'ouputs'"),
        ("sure = ", "treshold = ", "[spec] has no entry 'treshold'"),
        ("tolerance = ", "tolerence = 1\ntolerance = ", "[golden] has no entry 'tolerence'"),
        ("[about]", "[abuot]", "a model has no entry 'abuot'"),
        (
            'runtime = "onnx"',
            'runtime = "onnx"\nconstants = [{tensor = "x", shape = [], data = [1], typ = "uint8"}]',
            "'typ'",
        ),
        ("size = [96, 96]", "size = [96.5, 96]", "[96.5, 96] is not 2 whole numbers"),
        ("size = [96, 96]", "size = [true, 96]", "is not 2 whole numbers"),
        ("size = [96, 96]", 'size = ["96", "96"]', "is not 2 whole numbers"),
        ("size = [96, 96]", "size = 96", "an entry is of the wrong kind"),
        ("mean = [0.0, 0.0, 0.0]", "mean = [0.0]", "not a number for each of three channels"),
        ("mean = [0.0, 0.0, 0.0]", "mean = [inf, 0.0, 0.0]", "must be finite"),
        ("scale = 1.0", "scale = nan", "must be finite"),
        ('file = "starter.onnx"', "file = 5", "5 is no name of a file"),
        ("tolerance = 0.05", "tolerance = inf", "the tolerance of golden answers"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, reason: str) -> None:
    folder = copy_of_starter(tmp_path)
    rewrite(folder, old, new)
    with pytest.raises(InvalidModel) as refused:
        read_version(folder)
    assert reason in str(refused.value)
    assert str(tmp_path) not in str(refused.value)


def test_a_folder_without_a_description_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(InvalidModel, match="No such file"):
        read_version(tmp_path)


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"network")
    (tmp_path / "labels.txt").write_text("cat\n")
    (tmp_path / "model.toml").write_text(
        f'name = "own"\n[network]\nfile = "net.onnx"\nruntime = "onnx"\nsha256 = "{sha256(tmp_path / "net.onnx")}"\n'
        '[preprocessing]\nsize = [8, 8]\n[spec]\nlabels = "labels.txt"\npostprocessing = "tagging"\n'
    )
    version = read_version(tmp_path)
    assert version.network.preprocessing == Preprocessing(version.network.preprocessing.size)
    assert (version.network.preprocessing.scale, version.network.preprocessing.resize) == (1 / 255, Resize.CROP)
    assert version.network.batched


def test_a_mark_in_front_of_utf_8_is_no_part_of_it(tmp_path: Path) -> None:
    folder = copy_of_starter(tmp_path)
    known = read_version(folder).spec.labels
    for name in ("labels.txt", "model.toml"):
        (folder / name).write_text((folder / name).read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert read_version(folder).spec.labels == known


def test_texts_have_an_end(tmp_path: Path) -> None:
    folder = copy_of_starter(tmp_path)
    with (folder / "labels.txt").open("r+b") as stream:
        stream.truncate(MOST_BYTES + 1)
    with pytest.raises(InvalidModel, match=r"labels\.txt has more than 16 megabytes"):
        read_version(folder)


@pytest.mark.parametrize("name", ["labels.txt", "starter.onnx"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    folder = copy_of_starter(tmp_path)
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(InvalidModel, match=f"'{name}' is no file"):
        read_version(folder)


def test_the_hash_of_a_folder_is_that_of_its_files_sorted_by_name(tmp_path: Path) -> None:
    for name in ("z", "a", "m/b", "m/a", "k"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    sums = "".join(f"{hashlib.sha256(n.encode()).hexdigest()}  {n}\n" for n in ("a", "k", "m/a", "m/b", "z"))
    assert sha256(tmp_path) == hashlib.sha256(sums.encode()).hexdigest()
