"""The embedded model gives its golden answers, and a model that does not is found out."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from image_tagger.domain.errors import InvalidModel
from image_tagger.models import contract, embedded
from image_tagger.models.loaded import load
from image_tagger.models.manifest import read_version
from tests.models.folders import copy_of_starter, rewrite


def test_the_embedded_model_gives_its_golden_answers() -> None:
    agreement = contract.check(load(read_version(embedded.FOLDER)))
    assert agreement.pictures >= 4
    assert agreement.kept


def test_another_preprocessing_breaks_the_contract(tmp_path: Path) -> None:
    folder = copy_of_starter(tmp_path)
    rewrite(folder, 'resize = "crop"', 'resize = "squash"')
    assert not contract.check(load(read_version(folder))).kept


def test_changed_answers_break_the_contract(tmp_path: Path) -> None:
    folder = copy_of_starter(tmp_path)
    with np.load(folder / "golden.npz") as arrays:
        pictures, probabilities = arrays["pictures"], arrays["probabilities"]
    np.savez(folder / "golden.npz", pictures=pictures, probabilities=probabilities[:, ::-1])
    assert not contract.check(load(read_version(folder))).kept


@pytest.mark.parametrize("content", [b"", b"not an archive"])
def test_golden_answers_that_cannot_be_read_are_an_error(tmp_path: Path, content: bytes) -> None:
    folder = copy_of_starter(tmp_path)
    (folder / "golden.npz").write_bytes(content)
    with pytest.raises(InvalidModel, match="golden answers"):
        contract.check(load(read_version(folder)))


def test_a_file_that_is_no_network_is_an_error_without_paths(tmp_path: Path) -> None:
    folder = copy_of_starter(tmp_path)
    known = hashlib.sha256((folder / "starter.onnx").read_bytes()).hexdigest()
    (folder / "starter.onnx").write_bytes(b"no network")
    rewrite(folder, known, hashlib.sha256(b"no network").hexdigest())
    with pytest.raises(InvalidModel, match="no network that ONNX Runtime can open") as refused:
        load(read_version(folder))
    assert str(tmp_path) not in str(refused.value)
