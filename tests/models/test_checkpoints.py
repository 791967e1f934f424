"""Checkpoints of transformers and timm: exported to ONNX, their answers are those of transformers' pipeline.

Needs the extra `hf`; without it all of this is skipped but the last test.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import PIL.Image
import pytest
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel, MissingExtra
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.specs import Network, Spec, Version
from image_tagger.models import contract, loaded
from image_tagger.models.huggingface.recipe import transformers_recipe
from image_tagger.models.manifest import read_version, sha256
from image_tagger.models.names import model_name
from image_tagger.models.pulling.puller import Puller
from image_tagger.models.pulling.terms import Terms
from image_tagger.models.runtimes.transformers import Checkpoint
from image_tagger.models.shelf import Shelf
from image_tagger.models.writing import write_version
from tests.models.checkpoints import LABELS, SIDE, SMALL, pipeline_of, timm_checkpoint, transformers_checkpoint
from tests.models.hub import Hub
from tests.models.preprocessing.processor_cases import picture
from tests.models.recognising import recognised

CLOSE = 1e-4
SIZES = ((320, 213), (97, 151), (64, 64), (9, 5))
# under these names the services whose clients this product answers have them, with the same architectures
KNOWN = {
    "Falconsai/nsfw_image_detection": ("vit", {"id2label": {0: "normal", 1: "nsfw"}}),
    "LukeJacob2023/nsfw-image-detector": ("vit", {"id2label": {0: "drawings", 1: "hentai", 2: "neutral", 3: "porn"}}),
    "nateraw/vit-age-classifier": ("vit", {"id2label": {n: f"{10 * n}-{10 * n + 9}" for n in range(9)}}),
    "microsoft/resnet-50": ("resnet", {}),
}


@pytest.fixture
def puller(tmp_path: Path) -> Puller:
    return Puller(Shelf(tmp_path / "models"), Terms(tmp_path / "spare"))


def answers(version: Version, pixels: NDArray[np.uint8]) -> tuple[Prediction, ...]:
    return recognised(loaded.load(version), pixels)


def assert_same_answers(version: Version, folder: Path) -> None:
    theirs, best = pipeline_of(folder), set()
    for width, height in SIZES:
        pixels = picture(width, height)
        expected = theirs(PIL.Image.fromarray(pixels), top_k=len(version.spec.labels))
        found = answers(version, pixels)
        assert [p.score for p in found] == pytest.approx([row["score"] for row in expected], abs=CLOSE)
        labels = {row["label"] for row in expected if row["score"] > expected[0]["score"] - 2 * CLOSE}
        assert found[0].label in labels  # the best one, or one that is as good
        best.add(round(found[0].score, 3))
    assert len(best) > 1  # a network that answers alike to everything proves nothing


@pytest.mark.parametrize("kind", SMALL)
def test_an_exported_checkpoint_answers_as_the_pipeline_does(
    kind: str, hub: Hub, puller: Puller, tmp_path: Path
) -> None:
    pytest.importorskip("transformers", reason="needs the extra `hf`")
    folder = transformers_checkpoint(tmp_path / "checkpoint", kind)
    hub.repositories["house/model"] = folder
    version = puller.pull(model_name("house/model"))
    assert version.network.runtime == "onnx", dict(version.about)
    assert dict(version.about)["checked"].startswith("against torch")
    assert version.spec.labels.names == LABELS
    assert contract.check(loaded.load(version)).difference < CLOSE
    assert_same_answers(version, folder)


@pytest.mark.parametrize(("kind", "fewer"), [("vit", True), ("beit", False)])
def test_a_classifier_on_one_token_computes_no_others_after_the_last_attention(
    kind: str, *, fewer: bool, puller: Puller, tmp_path: Path
) -> None:
    pytest.importorskip("transformers", reason="needs the extra `hf`")
    version = puller.pull_folder(transformers_checkpoint(tmp_path / "checkpoint", kind), model_name("house/model"))
    weights = {tensor.name for tensor in onnx.load(version.network.file).graph.initializer}
    assert ("row_read" in weights) == fewer


@pytest.mark.parametrize("name", KNOWN)
def test_the_models_that_clients_know_answer_under_their_names(
    name: str, hub: Hub, puller: Puller, tmp_path: Path
) -> None:
    pytest.importorskip("transformers", reason="needs the extra `hf`")
    kind, more = KNOWN[name]
    hub.repositories[name] = transformers_checkpoint(tmp_path / "checkpoint", kind, **more)
    version = puller.pull(model_name(name))
    assert version.name == name
    assert version.spec.postprocessing == "classification"
    assert_same_answers(version, hub.repositories[name])


def test_efficientnet_b3_of_timm_has_the_names_of_imagenet(hub: Hub, puller: Puller, tmp_path: Path) -> None:
    pytest.importorskip("timm", reason="needs the extra `hf`")
    name = "timm/tf_efficientnet_b3.ns_jft_in1k"
    hub.repositories[name] = timm_checkpoint(tmp_path / "checkpoint", "tf_efficientnet_b3")
    version = puller.pull(model_name(name))
    names = version.spec.labels.names
    assert (len(names), names[0], names[207], names[134]) == (1000, "tench, Tinca tinca", "golden retriever", "crane")
    assert_same_answers(version, hub.repositories[name])


def test_a_small_timm_checkpoint_with_labels_of_its_own(hub: Hub, puller: Puller, tmp_path: Path) -> None:
    pytest.importorskip("timm", reason="needs the extra `hf`")
    labels = ["n01440764", "a house", "a tree"]
    hub.repositories["house/small"] = timm_checkpoint(
        tmp_path / "checkpoint", "mobilenetv3_small_050", num_classes=3, label_names=labels
    )
    version = puller.pull(model_name("house/small"))
    assert version.spec.labels.names == ("tench, Tinca tinca", "a house", "a tree")
    assert version.network.preprocessing.size.width == SIDE


@pytest.mark.parametrize("more", [{"problem_type": "multi_label_classification"}, {"id2label": {0: "nsfw"}}])
def test_independent_labels_have_scores_of_their_own(
    more: dict[str, object], hub: Hub, puller: Puller, tmp_path: Path
) -> None:
    pytest.importorskip("transformers", reason="needs the extra `hf`")
    folder = transformers_checkpoint(tmp_path / "checkpoint", "vit", **more)
    hub.repositories["house/model"] = folder
    version = puller.pull(model_name("house/model"))
    assert version.spec.postprocessing == "tagging"
    assert_same_answers(version, folder)


def test_a_regression_is_no_classifier(hub: Hub, puller: Puller, tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="needs the extra `hf`")
    hub.repositories["house/model"] = transformers_checkpoint(tmp_path / "c", "vit", problem_type="regression")
    with pytest.raises(InvalidModel, match="a regression"):
        puller.pull(model_name("house/model"))


def test_what_stays_in_torch_answers_as_well(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="needs the extra `hf`")
    folder = transformers_checkpoint(tmp_path / "model", "vit")
    weights, more = folder / "model.safetensors", ("config.json", "preprocessor_config.json")
    companions = tuple((name, sha256(folder / name)) for name in more)
    recipe = transformers_recipe(json.loads((folder / "preprocessor_config.json").read_text()), "vit")
    network = Network(weights, "transformers", recipe.preprocessing, sha256(weights), companions)
    write_version(folder, Version("house/model", network, Spec(LabelSet(LABELS), "classification")))
    version = read_version(folder)
    assert version.network == network
    assert_same_answers(version, folder)
    (folder / "config.json").write_text("{}")
    with pytest.raises(InvalidModel, match=r"config\.json is not the file that was described"):
        loaded.load(version)


def test_a_tensor_that_a_checkpoint_refuses_is_an_error_of_ours() -> None:
    torch = pytest.importorskip("torch", reason="needs the extra `hf`")
    checkpoint = Checkpoint(torch.nn.Conv2d(3, 2, 5), processor=None, device="cpu")
    with pytest.raises(InvalidModel, match="the network cannot be run: RuntimeError"):
        checkpoint.run({"pixel_values": np.zeros((1, 3, 2, 2), np.float32)}, ())


def test_what_torch_cannot_export_says_so(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs the extra `hf`")

    def forward(self: Any, pictures: Any) -> Any:
        """Answers otherwise for bright pictures, which no graph can say."""
        del self
        return pictures.mean((2, 3)) if pictures.sum().item() > 1 else pictures.amax((2, 3))

    checkpoint = Checkpoint(type("Moody", (torch.nn.Module,), {"forward": forward})(), processor=None, device="cpu")
    with pytest.raises(InvalidModel, match="torch cannot export it"):
        checkpoint.export_for(tmp_path / "network.onnx", (3, 8, 8))


def test_weights_that_are_no_safetensors_are_refused(hub: Hub, puller: Puller, tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="needs the extra `hf`")
    folder = transformers_checkpoint(tmp_path / "checkpoint", "vit")
    (folder / "model.safetensors").write_bytes(b"\x80\x04}q\x00.")  # a pickle
    hub.repositories["house/model"] = folder
    with pytest.raises(InvalidModel, match="its checkpoint cannot be opened"):
        puller.pull(model_name("house/model"))


def test_without_the_extra_its_name_is_told(hub: Hub, puller: Puller, tmp_path: Path) -> None:
    try:
        import torch  # noqa: F401, PLC0415 - whether it is there
    except ImportError:
        folder = tmp_path / "checkpoint"
        folder.mkdir()
        (folder / "config.json").write_text('{"architectures": ["ViTForImageClassification"], "id2label": {"0": "a"}}')
        (folder / "preprocessor_config.json").write_text('{"image_processor_type": "ViTImageProcessor"}')
        (folder / "model.safetensors").write_bytes(bytes(8))
        hub.repositories["house/model"] = folder
        with pytest.raises(MissingExtra, match=r"pip install 'image-tagger\[hf\]'"):
            puller.pull(model_name("house/model"))
    else:
        pytest.skip("the extra is installed")
