"""The folder that ships: labels in ImageNet's words, golden pictures small, nothing of the maker's machine inside."""

from pathlib import Path

import numpy as np
import pytest

import image_tagger.models
from image_tagger.domain.hierarchy import Hierarchy
from image_tagger.domain.labels import keras, plain
from image_tagger.models import contract
from image_tagger.models.loaded import load
from image_tagger.models.manifest import read_version

FOLDER = Path(image_tagger.models.__file__).parent / "embedded"
FP32 = FOLDER / "fp32"


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


@pytest.fixture(scope="module")
def hierarchy() -> Hierarchy:
    found = read_version(FOLDER).spec.hierarchy
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("label", "groups"),
    [
        ("golden retriever", ("animal", "dog")),
        ("tabby", ("animal", "cat")),
        ("Arctic fox", ("animal", "canine")),
        ("koala", ("animal",)),
        ("ladybug", ("animal", "insect")),
        ("pizza", ("food", "dish")),
        ("school bus", ("vehicle", "bus")),
        ("sandal", ("clothing", "footwear")),
        ("missile", ("weapon",)),
        ("water tower", ("structure",)),
        ("oboe", ("musical instrument",)),
    ],
)
def test_groups_are_those_that_people_would_name(
    labels: tuple[str, ...], hierarchy: Hierarchy, label: str, groups: tuple[str, ...]
) -> None:
    assert hierarchy.path(labels.index(label)) == (*groups, label)


def test_every_label_stands_in_one_or_two_groups(hierarchy: Hierarchy) -> None:
    assert {len(hierarchy.path(label)) for label in range(hierarchy.labels)} == {2, 3}


def test_groups_are_named_once(hierarchy: Hierarchy) -> None:
    groups = hierarchy.names[hierarchy.labels :]
    assert len(groups) == len(set(groups))


@pytest.mark.parametrize("folder", [FOLDER, FP32], ids=["int8", "fp32"])
def test_every_form_says_when_it_is_sure(folder: Path) -> None:
    assert 0.2 < read_version(folder).spec.sure < 0.9


@pytest.mark.parametrize("name", ["labels.txt", "hierarchy.txt"])
def test_both_forms_have_the_same_words(name: str) -> None:
    assert (FP32 / name).read_bytes() == (FOLDER / name).read_bytes()


def test_the_fp32_form_gives_its_golden_answers() -> None:
    assert contract.check(load(read_version(FP32))).kept


def test_both_forms_mostly_agree_on_the_golden_pictures() -> None:
    with np.load(FOLDER / "golden.npz") as int8, np.load(FP32 / "golden.npz") as fp32:
        assert np.array_equal(int8["pictures"], fp32["pictures"])
        assert np.abs(int8["probabilities"] - fp32["probabilities"]).mean() < 0.002


def test_the_network_is_small_enough_for_a_wheel() -> None:
    sizes = [file.stat().st_size for file in FOLDER.rglob("*.onnx")]
    assert len(sizes) == 2
    assert min(sizes) < 8_000_000
    assert sum(sizes) < 10_000_000


@pytest.mark.parametrize("folder", [FOLDER, FP32], ids=["int8", "fp32"])
def test_golden_pictures_are_few_and_small(folder: Path) -> None:
    assert (folder / "golden.npz").stat().st_size < 200_000


@pytest.mark.parametrize("folder", [FOLDER, FP32], ids=["int8", "fp32"])
def test_golden_answers_are_probabilities(folder: Path) -> None:
    with np.load(folder / "golden.npz", allow_pickle=False) as golden:
        assert golden["probabilities"].shape == (len(golden["pictures"]), 293)
        assert golden["probabilities"].sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_golden_pictures_name_their_makers() -> None:
    words = (FOLDER / "README.md").read_text()
    assert "CC BY 2.0" in words
    assert "CC0" in words


@pytest.mark.parametrize("file", ["starter.onnx", "fp32/starter-fp32.onnx"])
@pytest.mark.parametrize("trace", [b"site-packages", b".py", b"/root", b"/home"])
def test_the_network_tells_nothing_about_the_machine_that_made_it(trace: bytes, file: str) -> None:
    assert trace not in (FOLDER / file).read_bytes()
