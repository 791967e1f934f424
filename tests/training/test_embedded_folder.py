"""The folder that ships: labels in ImageNet's words, golden pictures small, nothing of the maker's machine inside."""

from pathlib import Path

import numpy as np
import pytest

import image_tagger.models
from image_tagger.domain.labels import keras, plain
from image_tagger.models.manifest import read_version

FOLDER = Path(image_tagger.models.__file__).parent / "embedded"


@pytest.fixture(scope="module")
def labels() -> tuple[str, ...]:
    return read_version(FOLDER).spec.labels.names


def test_there_are_293_different_labels(labels: tuple[str, ...]) -> None:
    assert len(labels) == len(set(labels)) == 293


def test_labels_are_plain_names(labels: tuple[str, ...]) -> None:
    assert [plain(label) for label in labels] == list(labels)


def test_the_spelling_of_keras_only_changes_spaces(labels: tuple[str, ...]) -> None:
    assert [keras(label).replace("_", " ") for label in labels] == list(labels)


def test_labels_are_imagenets(labels: tuple[str, ...], shared_data: Path) -> None:
    lines = (shared_data / "models" / "labels" / "labels_1000.txt").read_text().splitlines()
    assert set(labels) <= {line.partition(",")[0] for line in lines}


def test_the_network_is_small_enough_for_a_wheel() -> None:
    assert (FOLDER / "starter.onnx").stat().st_size < 8_000_000


def test_golden_pictures_are_few_and_small() -> None:
    assert (FOLDER / "golden.npz").stat().st_size < 200_000


def test_golden_answers_are_probabilities() -> None:
    with np.load(FOLDER / "golden.npz", allow_pickle=False) as golden:
        assert golden["probabilities"].shape == (len(golden["pictures"]), 293)
        assert golden["probabilities"].sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_golden_pictures_name_their_makers() -> None:
    words = (FOLDER / "README.md").read_text()
    assert "CC BY 2.0" in words
    assert "CC0" in words


@pytest.mark.parametrize("trace", [b"site-packages", b".py", b"/root", b"/home"])
def test_the_network_tells_nothing_about_the_machine_that_made_it(trace: bytes) -> None:
    assert trace not in (FOLDER / "starter.onnx").read_bytes()
