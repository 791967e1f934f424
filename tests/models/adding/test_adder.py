"""Models from this machine come onto the shelf whole, checked, or not at all."""

from pathlib import Path

import pytest

from image_tagger.domain.errors import InvalidModel, InvalidRequest, TaggerError
from image_tagger.domain.labels import LabelSet
from image_tagger.models import contract
from image_tagger.models.adding.adder import Adder, Wishes, check_name
from image_tagger.models.catalog import standard_catalog
from image_tagger.models.loaded import load
from image_tagger.models.manifest import sha256
from image_tagger.models.names import ModelName
from image_tagger.models.opening.process import GIBIBYTE, Limits
from image_tagger.models.pulling.terms import Terms
from image_tagger.models.shelf import Shelf
from tests.models import networks
from tests.models.extras import needed
from tests.models.folders import copy_of_starter, rewrite

OWN = ModelName("own")
COLOURS = LabelSet(("red", "green", "blue"))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "data" / "models")


@pytest.fixture
def adder(shelf: Shelf, tmp_path: Path) -> Adder:
    return Adder(shelf, Terms(tmp_path / "spare"), Limits(GIBIBYTE, 30))


def test_a_file_is_added_with_guesses_and_golden_answers(adder: Adder, shelf: Shelf, tmp_path: Path) -> None:
    added = adder.add(networks.shares(tmp_path / "a.onnx"), Wishes(OWN, COLOURS))
    assert added.recipe is not None
    assert added.proof.recorded
    version = shelf.version(OWN)
    assert version is not None
    assert version.spec.labels == COLOURS
    assert contract.check(load(version)).kept


def test_a_running_catalog_finds_what_was_added(adder: Adder, tmp_path: Path) -> None:
    catalog = standard_catalog({}, "starter", tmp_path / "data")
    adder.add(networks.shares(tmp_path / "a.onnx"), Wishes(OWN, COLOURS))
    assert catalog.version("own").spec.labels == COLOURS


def test_a_folder_keeps_its_golden_answers(adder: Adder, shelf: Shelf, tmp_path: Path) -> None:
    folder = copy_of_starter(tmp_path)
    added = adder.add(folder, Wishes(OWN))
    assert (added.recipe, added.proof.recorded) == (None, False)
    assert added.proof.agreement.kept
    assert str(added.version.name) == "own"
    rewrite(folder, 'resize = "crop"', 'resize = "squash"')
    with pytest.raises(InvalidModel, match=r"differ from its golden ones by \d.*allowed"):
        adder.add(folder, Wishes(ModelName("other")))
    assert shelf.names() == (OWN,)


def test_a_folder_without_golden_answers_gets_them(adder: Adder, tmp_path: Path) -> None:
    adder.add(networks.shares(tmp_path / "a.onnx"), Wishes(OWN, COLOURS))
    added = adder.add(networks.shares(tmp_path / "a.onnx"), Wishes(OWN, COLOURS, tolerance=0.5))
    assert added.version.golden is not None
    assert added.version.golden.tolerance == 0.5


def test_another_runtime_must_exist(adder: Adder, shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(TaggerError, match="absent"):
        adder.add(copy_of_starter(tmp_path), Wishes(OWN, runtime="absent"))
    assert shelf.names() == ()


@pytest.mark.parametrize("runtime", ["openvino"])
def test_another_runtime_is_compared_with_the_golden_answers(
    adder: Adder, shelf: Shelf, tmp_path: Path, runtime: str
) -> None:
    needed(runtime)
    adder.add(networks.shares(tmp_path / "a.onnx"), Wishes(OWN, COLOURS))
    folder = shelf.find(OWN)
    assert folder is not None
    added = adder.add(folder, Wishes(OWN, runtime=runtime))
    assert (added.version.network.runtime, added.proof.recorded) == (runtime, False)
    assert added.proof.agreement.kept
    assert len(shelf.revisions(OWN)) == 2


def test_a_network_that_does_harm_leaves_nothing(adder: Adder, shelf: Shelf, tmp_path: Path) -> None:
    folder = copy_of_starter(tmp_path)
    known = sha256(folder / "starter.onnx")
    networks.giant(folder / "starter.onnx")
    rewrite(folder, known, sha256(folder / "starter.onnx"))
    with pytest.raises(InvalidModel, match="the model 'own' cannot be added"):
        adder.add(folder, Wishes(OWN))
    assert shelf.names() == ()
    assert not list((tmp_path / "data" / "models" / ".work").iterdir())


def test_labels_that_do_not_fit_are_found_before_it_is_installed(adder: Adder, shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(InvalidModel, match="3 scores for 1 labels"):
        adder.add(networks.shares(tmp_path / "a.onnx"), Wishes(OWN, LabelSet(("red",))))
    assert shelf.names() == ()


def test_a_file_of_any_name_is_added(adder: Adder, shelf: Shelf, tmp_path: Path) -> None:
    adder.add(networks.shares(tmp_path / 'vögel "🐦".onnx'), Wishes(OWN, COLOURS))
    version = shelf.version(OWN)
    assert version is not None
    assert version.network.file.name == 'vögel "🐦".onnx'


def test_a_broken_model_is_told_by_its_name(adder: Adder, shelf: Shelf, tmp_path: Path) -> None:
    adder.add(copy_of_starter(tmp_path), Wishes(OWN))
    folder = shelf.find(OWN)
    assert folder is not None
    (folder / "labels.txt").unlink()
    with pytest.raises(InvalidModel, match=r"of 'own' is incomplete or wrong: labels\.txt cannot be read"):
        shelf.version(OWN)


def test_weights_beside_a_network_are_described_or_it_is_refused(adder: Adder, shelf: Shelf, tmp_path: Path) -> None:
    folder = copy_of_starter(tmp_path)
    known = sha256(folder / "starter.onnx")
    networks.with_outside_weights(folder / "starter.onnx", "weights.bin")
    (folder / "weights.bin").write_bytes(bytes(16))
    rewrite(folder, known, sha256(folder / "starter.onnx"))
    with pytest.raises(InvalidModel, match=r"weights\.bin belongs to the network: \[network\.companions\]"):
        adder.add(folder, Wishes(OWN))
    networks.with_outside_weights(folder / "starter.onnx", "../weights.bin")
    rewrite(folder, 'sha256 = "', f'sha256 = "{sha256(folder / "starter.onnx")}" # "')
    with pytest.raises(InvalidModel, match="weights outside of its folder"):
        adder.add(folder, Wishes(OWN))
    assert shelf.names() == ()


def test_pictures_of_another_shape_are_told_from_those_that_the_network_takes(adder: Adder, tmp_path: Path) -> None:
    folder = copy_of_starter(tmp_path)
    rewrite(folder, "size = [96, 96]", "size = [64, 96]")
    with pytest.raises(InvalidModel, match="takes 96 x 96 x 3, the preprocessing gives 96 x 64 x 3"):
        adder.add(folder, Wishes(OWN))


def test_a_runtime_that_cannot_be_set_is_said(adder: Adder, tmp_path: Path) -> None:
    folder = copy_of_starter(tmp_path)
    rewrite(folder, 'runtime = "onnx"', '"runtime" = "onnx"')
    with pytest.raises(InvalidModel, match="must have a line `runtime"):
        adder.add(folder, Wishes(OWN, runtime="openvino"))


def test_names_that_cannot_be_given() -> None:
    with pytest.raises(InvalidRequest, match="no revisions"):
        check_name(ModelName("own", "main"), set())
    with pytest.raises(InvalidRequest, match="comes with the product"):
        check_name(ModelName("starter"), {"starter"})
