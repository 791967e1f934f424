"""A checkpoint is safetensors and nothing else, whatever its configuration, its index and the files beside it say."""

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from image_tagger import plugins
from image_tagger.domain.errors import InvalidModel
from image_tagger.models.huggingface.convert import convert
from image_tagger.models.huggingface.files import check_checkpoint
from image_tagger.models.names import model_name

TIMM = {"architecture": "resnet18", "num_classes": 3, "pretrained_cfg": {"input_size": [3, 64, 64], "crop_pct": 1.0}}
TRANSFORMERS = {"model_type": "vit", "architectures": ["ViTForImageClassification"], "id2label": {0: "a", 1: "b"}}
INDEX = "model.safetensors.index.json"


class Touching:
    """Makes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return os.open, (str(self.file), os.O_CREAT)


def checkpoint(folder: Path, config: dict[str, Any], name: str, content: bytes = b"") -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    (folder / name).write_bytes(content)
    return folder / name


def index(*parts: str) -> bytes:
    return json.dumps({"metadata": {}, "weight_map": {f"weight {n}": part for n, part in enumerate(parts)}}).encode()


@pytest.mark.parametrize("config", [TIMM, TRANSFORMERS])
@pytest.mark.parametrize("name", [INDEX, "pytorch_model.bin", "weights.pth", "model.SAFETENSORS"])
def test_a_pickle_is_never_opened(tmp_path: Path, config: dict[str, Any], name: str) -> None:
    file = checkpoint(tmp_path / "model", config, name, pickle.dumps(Touching(tmp_path / "ran")))
    runtime = plugins.load("image_tagger.models.runtimes", "transformers")
    with pytest.raises(InvalidModel, match=r"no safetensors|is none of|no index of safetensors"):
        runtime.load(file, "cpu")
    assert not (tmp_path / "ran").exists()


def test_no_repository_of_timm_hides_a_pickle_in_an_index(tmp_path: Path) -> None:
    config = {**TIMM, "label_names": ["a", "b", "c"]}
    file = checkpoint(tmp_path / "revision", config, INDEX, pickle.dumps(Touching(tmp_path / "ran")))
    with pytest.raises(InvalidModel, match=r"its weights 'model.safetensors.index.json' are no safetensors"):
        convert(file.parent, tmp_path / "model", model_name("owner/model"))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("config", "name", "content", "reason"),
    [
        ({"architecture": "hf-hub:other/repository"}, "model.safetensors", b"", "'hf-hub:other/repository' is none of"),
        ({"architecture": "local-dir:/somewhere"}, "model.safetensors", b"", "'local-dir:/somewhere' is none of"),
        ({"transformers_weights": "adapter_model.bin"}, "model.safetensors", b"", "names weights of its own"),
        ({}, "other.safetensors", b"", r"other.safetensors is none of model.safetensors, model.safetensors.index.json"),
        ({}, INDEX, index("model-1.safetensors", "pytorch_model.bin"), "its weights 'pytorch_model.bin' are no"),
        ({}, INDEX, index("../other/model-1.safetensors"), "its weights '../other/model-1.safetensors' are no"),
        ({}, INDEX, b'{"weight_map": ["model-1.safetensors"]}', "is no index of safetensors"),
        ({}, INDEX, b"[]", "is no index of safetensors"),
    ],
)
def test_what_leads_elsewhere_is_refused(
    tmp_path: Path, config: dict[str, Any], name: str, content: bytes, reason: str
) -> None:
    file = checkpoint(tmp_path / "model", config, name, content)
    with pytest.raises(InvalidModel, match=reason):
        check_checkpoint(file, config, whole=False)


def test_an_adapter_is_refused(tmp_path: Path) -> None:
    file = checkpoint(tmp_path / "model", TRANSFORMERS, "model.safetensors")
    (file.parent / "adapter_config.json").write_text("{}")
    with pytest.raises(InvalidModel, match=r"adapter_config\.json"):
        check_checkpoint(file, TRANSFORMERS, whole=False)


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_without_a_configuration_nothing_is_opened(tmp_path: Path, content: str | None) -> None:
    file = checkpoint(tmp_path / "model", TIMM, "model.safetensors")
    (file.parent / "config.json").unlink()
    if content is not None:
        (file.parent / "config.json").write_text(content)
    with pytest.raises(InvalidModel, match=r"config\.json"):
        plugins.load("image_tagger.models.runtimes", "transformers").load(file, "cpu")


def test_safetensors_are_taken(tmp_path: Path) -> None:
    file = checkpoint(tmp_path / "model", {}, INDEX, index("model-1.safetensors", "model-2.safetensors"))
    check_checkpoint(file, {"architecture": "resnet18"}, whole=False)
    check_checkpoint(file.with_name("model.safetensors"), {}, whole=False)
    check_checkpoint(file.with_name("any.safetensors"), TIMM, whole=True)
