"""A repository with an ONNX file becomes a model folder, or says why it cannot."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.selection import Selection
from image_tagger.models import contract, loaded
from image_tagger.models.huggingface.convert import convert
from image_tagger.models.huggingface.files import needed_files
from image_tagger.models.manifest import read_version
from image_tagger.models.names import model_name
from tests.models.recognising import recognised
from tests.models.repositories import BLUE, GREEN, RED, SIDE, onnx_network, plain_picture, repository

NAME = model_name("house/colours")


def best(folder: Path, colour: tuple[int, int, int]) -> str:
    return recognised(loaded.load(read_version(folder)), plain_picture(colour), Selection(top=1))[0].label


def assert_tells_colours(folder: Path) -> None:
    assert [best(folder, colour) for colour in (RED, GREEN, BLUE)] == ["red", "green", "blue"]
    assert contract.check(loaded.load(read_version(folder))).kept


@pytest.mark.parametrize("batch", ["batch", 1, 2, 3])
def test_a_network_may_insist_on_a_number_of_pictures(batch: str | int, tmp_path: Path) -> None:
    source = repository(tmp_path / "source")
    onnx.save(onnx_network(batch=batch), source / "onnx" / "model.onnx")
    convert(source, tmp_path / "model", NAME)
    assert_tells_colours(tmp_path / "model")


def test_a_network_may_want_half_precision(tmp_path: Path) -> None:
    source = repository(tmp_path / "source")
    onnx.save(onnx_network(element=TensorProto.FLOAT16), source / "onnx" / "model.onnx")
    convert(source, tmp_path / "model", NAME)
    assert_tells_colours(tmp_path / "model")


def test_weights_may_stand_apart(tmp_path: Path) -> None:
    source = repository(tmp_path / "source")
    onnx.save(
        onnx_network(), source / "onnx" / "model.onnx", save_as_external_data=True, location="model.onnx_data",
        size_threshold=0,
    )  # fmt: skip
    convert(source, tmp_path / "model", NAME)
    assert_tells_colours(tmp_path / "model")
    (tmp_path / "model" / "model.onnx_data").write_bytes(bytes(36))
    with pytest.raises(InvalidModel, match=r"model\.onnx_data is not the file that was described"):
        loaded.load(read_version(tmp_path / "model", hashed=False))


def test_labels_of_one_name_keep_the_contract(tmp_path: Path) -> None:
    source = repository(tmp_path / "source", config={"id2label": {"0": "crane", "1": "house", "2": "crane"}})
    convert(source, tmp_path / "model", NAME)
    model = loaded.load(read_version(tmp_path / "model"))
    assert contract.check(model).difference < 1e-6
    with np.load(tmp_path / "model" / "golden.npz") as arrays:
        expected = {name: arrays[name] for name in arrays}
    expected["probabilities"] = expected["probabilities"][:, ::-1]  # the two cranes change places, and nobody can tell
    np.savez(tmp_path / "model" / "golden.npz", **expected)
    assert contract.check(model).difference < 1e-6


def test_old_processors_within_newer_files_are_read(tmp_path: Path) -> None:
    source = repository(tmp_path / "source")
    (source / "preprocessor_config.json").rename(source / "processor_config.json")
    table = json.loads((source / "processor_config.json").read_text())
    (source / "processor_config.json").write_text(json.dumps({"image_processor": table}))
    convert(source, tmp_path / "model", NAME)
    assert read_version(tmp_path / "model").network.preprocessing.size.width == SIDE


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"config": {"id2label": {"0": "a", "1": "b"}}}, "3 scores for 2 labels"),
        ({"processor": {"image_processor_type": "OddImageProcessor", "size": SIDE}}, "'Odd' is none of those"),
        ({"processor": {"image_processor_type": "ViTImageProcessor", "size": 9, "do_resize": False}}, "own shapes"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes: dict[str, Any], reason: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidModel, match=reason):
        convert(repository(tmp_path / "source", **changes), tmp_path / "model", NAME)


def test_a_network_for_pictures_of_another_size_is_refused(tmp_path: Path) -> None:
    source = repository(tmp_path / "source", processor={"image_processor_type": "ViTImageProcessor", "size": 9})
    with pytest.raises(InvalidModel, match="the network cannot be run"):
        convert(source, tmp_path / "model", NAME)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_a_configuration_that_is_none_is_refused(content: bytes, tmp_path: Path) -> None:
    source = repository(tmp_path / "source")
    (source / "config.json").write_bytes(content)
    with pytest.raises(InvalidModel, match=r"its config\.json is no JSON"):
        convert(source, tmp_path / "model", NAME)


def test_a_network_that_is_none_is_refused(tmp_path: Path) -> None:
    source = repository(tmp_path / "source")
    (source / "onnx" / "model.onnx").write_bytes(b"\x80\x04 no network")
    with pytest.raises(InvalidModel, match="no network that ONNX Runtime can open"):
        convert(source, tmp_path / "model", NAME)


@pytest.mark.parametrize(
    ("names", "needed"),
    [
        (["config.json", "model.safetensors", "pytorch_model.bin"], ("config.json", "model.safetensors")),
        (["config.json", "model.onnx", "onnx/model.onnx", "onnx/model.onnx_data", "onnx/model_fp16.onnx"],
         ("config.json", "onnx/model.onnx", "onnx/model.onnx_data")),
        (["config.json", "model.safetensors.index.json", "model-00001-of-00002.safetensors", "x.safetensors"],
         ("config.json", "model.safetensors.index.json", "model-00001-of-00002.safetensors")),
    ],
)  # fmt: skip
def test_only_what_runs_is_needed(names: list[str], needed: tuple[str, ...]) -> None:
    assert needed_files(names) == needed


@pytest.mark.parametrize("names", [["config.json", "pytorch_model.bin", "tf_model.h5"], ["model.onnx"], []])
def test_without_a_configuration_or_safe_weights_nothing_is_needed(names: list[str]) -> None:
    with pytest.raises(InvalidModel):
        needed_files(names)
