"""The embedded model gives its golden answers, and a model that does not is found out."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.specs import Golden, Preprocessing, Spec
from image_tagger.models import contract, embedded, goldens
from image_tagger.models.contract import Agreement
from image_tagger.models.loaded import LoadedModel, load
from image_tagger.models.manifest import read_version
from tests.models import networks
from tests.models.folders import copy_of_starter, rewrite
from tests.models.onnx_texts import version, written


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


def test_a_difference_as_large_as_the_tolerance_is_none_too_many() -> None:
    assert Agreement(1, 0.25, 0.25).kept
    assert not Agreement(1, 0.26, 0.25).kept


@pytest.mark.parametrize("tolerance", [float("nan"), float("inf"), -0.1])
def test_a_tolerance_is_a_number(tmp_path: Path, tolerance: float) -> None:
    with pytest.raises(InvalidModel, match="tolerance"):
        Golden(tmp_path / "golden.npz", tolerance)


@pytest.mark.parametrize("pictures", [np.zeros((2, 5)), np.zeros((1, 8, 8, 3)), np.zeros((1, 0, 8, 3), np.uint8)])
def test_golden_answers_are_for_pictures(tmp_path: Path, pictures: NDArray[Any]) -> None:
    folder = copy_of_starter(tmp_path)
    np.savez(folder / "golden.npz", pictures=pictures, probabilities=np.zeros((len(pictures), 293), np.float32))
    with pytest.raises(InvalidModel, match="golden answers cannot be read"):
        contract.check(load(read_version(folder)))


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


BOXES = "g (float[N,3,H,W] x) => (float[N,M] boxes, int64[N,1] best) {{ y = Flatten(x) boxes = {of} best = ArgMax(y) }}"
PLAIN = Preprocessing(Size(6, 4))


def opened(folder: Path, graph: str, golden: Golden | None = None) -> LoadedModel:
    folder.mkdir(exist_ok=True)
    return load(replace(version(written(folder, graph), PLAIN, outputs=("boxes", "best")), golden=golden))


def test_raw_outputs_of_any_kind_are_recorded_and_kept(tmp_path: Path) -> None:
    graph = BOXES.format(of="Neg(y)")
    golden = contract.record(opened(tmp_path, graph), tmp_path / "golden.npz", 1e-4)
    assert contract.check(opened(tmp_path, graph, golden)) == Agreement(goldens.COUNT, 0.0, 1e-4)
    assert goldens.read_golden(golden.file).names == ("boxes", "best")


def test_of_large_numbers_the_difference_is_a_share(tmp_path: Path) -> None:
    graph = BOXES.format(of="Add(y, l)").replace("{ y", "{ l = Constant<value_float=NUMBER>() y")
    golden = contract.record(opened(tmp_path, graph.replace("NUMBER", "1000.0")), tmp_path / "golden.npz", 0.01)
    agreement = contract.check(opened(tmp_path, graph.replace("NUMBER", "1020.0"), golden))
    assert not agreement.kept
    assert agreement.difference == pytest.approx(20 / 1001, rel=1e-3)
    assert contract.check(opened(tmp_path, graph.replace("NUMBER", "1005.0"), golden)).kept


@pytest.mark.parametrize("of", ["Div(y, z)", "Concat<axis=1>(y, y)", "Acosh(y)"])
def test_answers_that_are_no_numbers_or_of_another_shape_are_as_far_apart_as_can_be(tmp_path: Path, of: str) -> None:
    golden = contract.record(opened(tmp_path, BOXES.format(of="Neg(y)")), tmp_path / "golden.npz", 1e-4)
    graph = BOXES.format(of=of).replace("{ y", "{ z = Constant<value_float=0.0>() y")
    agreement = contract.check(opened(tmp_path, graph, golden))
    assert agreement.difference == np.inf
    assert not agreement.kept


def test_a_network_of_other_outputs_is_told(tmp_path: Path) -> None:
    graph = BOXES.format(of="Neg(y)")
    golden = contract.record(opened(tmp_path, graph), tmp_path / "golden.npz", 1e-4)
    fewer = replace(version(written(tmp_path, graph), PLAIN, outputs=("boxes",)), golden=golden)
    with pytest.raises(InvalidModel, match="2 golden tensors a picture, and the network gives 1"):
        contract.check(load(fewer))


def test_a_network_that_says_something_else_each_time_has_no_golden_answers(tmp_path: Path) -> None:
    graph = BOXES.format(of="Add(y, r)").replace("{ y", "{ r = RandomUniform<shape=[1]>() y")
    with pytest.raises(InvalidModel, match=r"otherwise each time: its answers differ by \d"):
        contract.record(opened(tmp_path, graph), tmp_path / "golden.npz", 1e-4)
    assert not (tmp_path / "golden.npz").exists()


def test_numbers_without_end_are_no_golden_answers(tmp_path: Path) -> None:
    graph = BOXES.format(of="Div(y, z)").replace("{ y", "{ z = Constant<value_float=0.0>() y")
    with pytest.raises(InvalidModel, match="not finite"):
        contract.record(opened(tmp_path, graph), tmp_path / "golden.npz", 1e-4)


def test_two_ways_to_run_a_model_are_compared_by_number(tmp_path: Path) -> None:
    one = opened(tmp_path / "one", BOXES.format(of="Neg(y)"))
    twin = opened(tmp_path / "twin", BOXES.format(of="Sub(z, y)").replace("{ y", "{ z = Constant<value_float=0.0>() y"))
    assert contract.compare(one, twin, 1e-6) == Agreement(goldens.COUNT, 0.0, 1e-6)
    other = opened(tmp_path / "other", BOXES.format(of="Identity(y)"))
    with pytest.raises(InvalidModel, match=r"'onnx' it answers otherwise: its answers differ by 9\.4e-01"):
        contract.compare(one, other, 1e-3)


@pytest.mark.parametrize("missing", ["pictures", "names", "output.1.0"])
def test_golden_outputs_that_are_incomplete_are_an_error(tmp_path: Path, missing: str) -> None:
    graph = BOXES.format(of="Neg(y)")
    golden = contract.record(opened(tmp_path, graph), tmp_path / "golden.npz", 1e-4)
    with np.load(golden.file) as arrays:
        rest = {name: array for name, array in arrays.items() if name != missing}
    np.savez(golden.file, **rest)
    with pytest.raises(InvalidModel, match="cannot be read"):
        contract.check(opened(tmp_path, graph, golden))


def test_golden_answers_for_no_picture_prove_nothing(tmp_path: Path) -> None:
    golden = Golden(tmp_path / "golden.npz", 1e-4)
    np.savez(golden.file, pictures=np.zeros((0, 4, 4, 3), np.uint8), names=np.array(["boxes", "best"]))
    with pytest.raises(InvalidModel, match="for no picture"):
        contract.check(opened(tmp_path, BOXES.format(of="Neg(y)"), golden))


def test_answers_that_cannot_be_read_are_no_good_ones_either(tmp_path: Path) -> None:
    colours = version(networks.shares(tmp_path / "a.onnx"), Preprocessing(Size(8, 8)), "red", "green", "blue")
    kept = replace(colours, golden=contract.record(load(colours), tmp_path / "golden.npz", 0.01))
    assert contract.verify(load(kept)).kept
    fewer = load(replace(kept, spec=Spec(LabelSet(("red",)), "classification")))
    assert contract.check(fewer).kept
    with pytest.raises(InvalidModel, match="3 scores for 1 labels"):
        contract.verify(fewer)
