"""A lower precision is used only where it gives the answers of float32.

Needs the extra `openvino`; what compares needs a processor that computes in bfloat16, too.
"""

import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from image_tagger.domain.errors import InvalidModel, InvalidRequest
from image_tagger.models import contract, goldens, loaded, manifest
from image_tagger.models.adding.precision import BFLOAT16, Precision, answers, compare, lower
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
from tests.models.repositories import onnx_network, repository, weigh

NAME = ModelName("own")
CONSTANT = '[[network.constants]]\ntensor = "scale"\nshape = [1]\ndata = [1.0]\n\n'


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
    options, about = dict(fast.network.options), dict(fast.about)["precision"]
    assert options.keys() == {"precision", "recheck"}
    assert options["precision"] == "bf16"
    assert 0 < float(options["recheck"]) < 1
    assert about.startswith("bfloat16 by openvino; on 16 pictures the best labels of float32")
    assert re.search(r"; \d+ of them computed in float32 once more, as their best two were near each other; ", about)
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
def test_labels_that_bfloat16_cannot_tell_apart_are_told_apart_in_float32(tmp_path: Path) -> None:
    folder = folder_with([[1, 1.001, 0], [1, 1.001, 0], [1, 1.001, 0]], tmp_path)  # both are 1 in bfloat16
    full = loaded.load(read_version(folder))
    loss = lower(folder, Precision(BFLOAT16, 1))
    # the third label is not the best one of these
    bright = [pixels for pixels in goldens.golden_pictures(16) if pixels.mean() > 127.5]
    assert (loss.flips, loss.again) == (0, len(bright))
    sure = loaded.load(read_version(folder))
    rewrite(folder, "recheck", "# recheck")
    fast = loaded.load(read_version(folder))
    pictures = [picture(side, 40) for side in range(20, 60)]
    best = [[recognised(model, pixels)[0].label for pixels in pictures] for model in (full, sure, fast)]
    assert best[0] == best[1] != best[2]


@pytest.mark.usefixtures("_bfloat16")
def test_another_best_label_is_refused_if_it_seemed_clear(tmp_path: Path) -> None:
    source = repository(tmp_path / "source")
    onnx.save(_deceived_by_the_brightest(), source / "onnx" / "model.onnx")
    convert(source, tmp_path / "model", NAME)
    folder = tmp_path / "model"
    before = (folder / "model.toml").read_text()
    with pytest.raises(InvalidModel, match=r"in bfloat16 it gives 1 of 16 pictures another best label"):
        lower(folder, Precision(BFLOAT16, 1))
    assert (folder / "model.toml").read_text() == before
    assert contract.check(loaded.load(read_version(folder))).kept


def _deceived_by_the_brightest() -> onnx.ModelProto:
    """Says something else in bfloat16 to the brightest of 16 golden pictures, and nothing to the others."""
    network, step = onnx_network(), 2**-10  # an eighth of what bfloat16 tells apart above 1
    weights = np.array([[1 + 3 * step, 1 + 5 * step, -1], [-1, -1 - 3.5 * step, 0]], np.float32)
    brightness = sorted(3 * (float(pixels.mean()) / 127.5 - 1) for pixels in goldens.golden_pictures(16))
    nodes = network.graph.node
    del nodes[-1], network.graph.initializer[:]
    nodes.extend(
        [
            helper.make_node("MatMul", ["features", "sum"], ["brightness"]),
            helper.make_node("Sub", ["brightness", "others"], ["more"]),
            helper.make_node("Relu", ["more"], ["rest"]),
            helper.make_node("MatMul", ["rest", "weights"], ["logits"]),
        ]
    )
    others = np.float32((brightness[-1] + brightness[-2]) / 2)
    constants = {"sum": np.ones((3, 2), np.float32), "others": others, "weights": weights}
    network.graph.initializer.extend(numpy_helper.from_array(np.asarray(v), name) for name, v in constants.items())
    return network


@pytest.mark.usefixtures("_bfloat16")
def test_a_network_with_several_inputs_is_not_computed_twice(tmp_path: Path) -> None:
    weights = [[1, 1.001, 0], [1, 1.001, 0], [1, 1.001, 0]]
    folder = folder_with(weights, tmp_path)
    before = read_version(folder).network
    network = onnx.load(before.file)
    scale = helper.make_tensor_value_info("scale", TensorProto.FLOAT, [1])
    network.graph.input.append(scale)
    network.graph.node[-1].output[0] = "raw"
    network.graph.node.append(helper.make_node("Mul", ["raw", "scale"], ["logits"]))
    onnx.save(network, before.file)
    rewrite(folder, before.sha256, manifest.sha256(before.file))
    rewrite(folder, "[preprocessing]", CONSTANT + "[preprocessing]")
    with pytest.raises(InvalidModel, match=r"in bfloat16 it gives \d+ of 16 pictures another best label"):
        lower(folder, Precision(BFLOAT16, 1))


def test_pictures_with_another_best_label_are_counted(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    weights: list[list[float]] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    models = [
        loaded.load(read_version(folder_with(rows, tmp_path / name)))
        for name, rows in (("a", weights), ("b", weights[::-1]))
    ]
    pictures = [*goldens.golden_pictures(8)]
    one, other = (answers(model, pictures) for model in models)
    assert (compare(one, one).flips, compare(one, one).difference, compare(one, one).speed) == (0, 0, 1)
    loss = compare(one, other)
    best = [recognised(model, pixels)[0].label for model in models for pixels in pictures]
    assert loss.pictures == 8
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
