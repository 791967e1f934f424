"""A folder with a `model.toml` is a version, or says what is wrong with it."""

from pathlib import Path

import pytest

from image_tagger.domain.errors import InvalidModel
from image_tagger.models import embedded
from image_tagger.models.manifest import read_version
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
        ("fraction = 1.0", "fraction = 7.0", "crop fraction"),
        ("[spec]", "[spec", "model.toml"),
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
