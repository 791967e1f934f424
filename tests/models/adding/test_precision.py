"""A lower precision is used only where it gives the answers of float32.

Needs the extra `openvino`; what compares needs a processor that computes in bfloat16, too.
"""

from pathlib import Path

import pytest

from image_tagger.domain.errors import InvalidModel, InvalidRequest
from image_tagger.models import contract, goldens, loaded
from image_tagger.models.adding.precision import BFLOAT16, Precision, compare, lower
from image_tagger.models.huggingface.convert import convert
from image_tagger.models.manifest import read_version
from image_tagger.models.names import ModelName
from image_tagger.models.pulling.puller import Puller
from image_tagger.models.pulling.terms import Terms
from image_tagger.models.shelf import Shelf
from tests.models.checkpoints import transformers_checkpoint
from tests.models.extras import needed
from tests.models.folders import copy_of_starter, rewrite
from tests.models.preprocessing.processor_cases import picture
from tests.models.recognising import recognised
from tests.models.repositories import repository, weigh

NAME = ModelName("own")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "models")


@pytest.fixture
def puller(shelf: Shelf, tmp_path: Path) -> Puller:
    return Puller(shelf, Terms(tmp_path / "spare"))


@pytest.fixture
def _bfloat16() -> None:
    if not needed("openvino").computes("bf16"):
        pytest.skip("this processor does not compute in bfloat16")


def folder_with(weights: list[list[float]], into: Path) -> Path:
    """A model folder that makes three logits of the means of red, green and blue."""
    source = repository(into / "source")
    weigh(source, weights)
    convert(source, into / "model", NAME)
    return into / "model"


@pytest.mark.usefixtures("_bfloat16")
@pytest.mark.parametrize("kind", ["vit", "resnet"])
def test_a_pulled_checkpoint_answers_alike_in_bfloat16(kind: str, puller: Puller, shelf: Shelf, tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="needs the extra `hf`")
    source = transformers_checkpoint(tmp_path / "checkpoint", kind)
    full = puller.pull_folder(source, NAME)
    fast = puller.pull_folder(source, NAME, Precision(BFLOAT16, 0.1))
    assert (full.network.runtime, fast.network.runtime) == ("onnx", "openvino")
    assert fast.network.options == (("precision", "bf16"),)
    assert dict(fast.about)["precision"].startswith("bfloat16 by openvino; on 16 pictures the best labels of float32")
    assert 1e-6 < contract.check(loaded.load(fast)).difference <= 0.1  # of the golden answers, which are float32's
    for side in (64, 97, 320):
        expected, found = (recognised(loaded.load(version), picture(side, side))[0] for version in (full, fast))
        assert found.label == expected.label
        assert found.score == pytest.approx(expected.score, abs=0.1)
    assert puller.pull_folder(source, NAME).network.runtime == "onnx"  # the way back
    assert len(shelf.revisions(NAME)) == 2


@pytest.mark.usefixtures("_bfloat16")
def test_answers_that_move_too_far_are_refused_with_the_number(puller: Puller, shelf: Shelf, tmp_path: Path) -> None:
    source = folder_with([[8, 0, 0], [0, 4, 0], [0, 0, 2]], tmp_path)
    with pytest.raises(
        InvalidModel, match=r"'own'.*in bfloat16 a probability moves by \d\.\de-\d\d, 1\.0e-07 is allowed"
    ):
        puller.pull_folder(source, NAME, Precision(BFLOAT16, 1e-7))
    assert shelf.names() == ()
    puller.pull_folder(source, NAME, Precision(BFLOAT16, 0.1))
    with pytest.raises(InvalidModel, match=r"1\.0e-07 is allowed"):  # not what was installed with other words
        puller.pull_folder(source, NAME, Precision(BFLOAT16, 1e-7))


@pytest.mark.usefixtures("_bfloat16")
def test_another_best_label_is_refused_however_close_it_was(tmp_path: Path) -> None:
    folder = folder_with([[1, 1.001, 0], [1, 1.001, 0], [1, 1.001, 0]], tmp_path)  # both are 1 in bfloat16
    before = (folder / "model.toml").read_text()
    with pytest.raises(InvalidModel, match=r"in bfloat16 it gives \d+ of 16 pictures another best label"):
        lower(folder, Precision(BFLOAT16, 1))
    assert (folder / "model.toml").read_text() == before
    assert contract.check(loaded.load(read_version(folder))).kept


def test_pictures_with_another_best_label_are_counted(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    weights: list[list[float]] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    one, other = (
        loaded.load(read_version(folder_with(rows, tmp_path / name)))
        for name, rows in (("a", weights), ("b", weights[::-1]))
    )
    pictures = [*goldens.golden_pictures(8)]
    assert (compare(one, one, pictures).flips, compare(one, one, pictures).difference) == (0, 0)
    loss = compare(one, other, pictures)
    best = [recognised(model, pixels)[0].label for model in (one, other) for pixels in pictures]
    assert loss.flips == sum(a != b for a, b in zip(best[:8], best[8:], strict=True)) > 0
    assert loss.difference > 0


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('runtime = "onnx"', 'runtime = "openvino"', "only networks that run in onnx.*not one in openvino"),
        ('postprocessing = "classification"', 'postprocessing = "yolox"', "only classification and tagging.*not yolox"),
    ],
)
def test_what_has_one_precision_only_is_refused(old: str, new: str, reason: str, tmp_path: Path) -> None:
    needed("openvino")
    folder = copy_of_starter(tmp_path)
    rewrite(folder, old, new)
    with pytest.raises(InvalidModel, match=reason):
        lower(folder, Precision(BFLOAT16))


@pytest.mark.parametrize("name", ["", "int8", "bf16", "BFLOAT16"])
def test_other_precisions_are_not_offered(name: str) -> None:
    with pytest.raises(InvalidRequest, match="must be float32 or bfloat16"):
        Precision(name)


def test_every_processor_computes_in_float32() -> None:
    assert needed("openvino").computes("f32")
    assert not needed("openvino").computes("f128")
