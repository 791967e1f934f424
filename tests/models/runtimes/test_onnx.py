"""ONNX Runtime: what it tells of a network, and on which device it runs."""

from pathlib import Path

import pytest

from image_tagger.domain.errors import InvalidModel, ModelUnavailable
from image_tagger.models.running.tensors import TensorInfo
from image_tagger.models.runtimes import onnx
from tests.models.onnx_texts import written

GRAPH = (
    "g (float[N,3,8,W] x, int64[2] y, float16 z) => (uint8[1,1] a, bool[2] b)"
    " { s = Shape(x) c = Constant<value_ints=[1, 1]>() d = Equal(y, c) b = Identity(d)"
    " e = ReduceSum(x, y) f = Cast<to=2>(e) a = Reshape(f, c) }"
)


def test_inputs_and_outputs_are_told_as_numpy_names_them(tmp_path: Path) -> None:
    runtime = onnx.load(written(tmp_path, GRAPH), "cpu")
    assert runtime.inputs == (
        TensorInfo("x", (None, 3, 8, None), "float32"),
        TensorInfo("y", (2,), "int64"),
        TensorInfo("z", (), "float16"),
    )
    assert runtime.outputs == (TensorInfo("a", (1, 1), "uint8"), TensorInfo("b", (2,), "bool"))


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_every_machine_has_a_processor(tmp_path: Path, device: str) -> None:
    assert onnx.CPU in onnx.load(written(tmp_path, GRAPH), device).session.get_providers()


@pytest.mark.parametrize("device", [name for name, one in onnx.PROVIDERS.items() if one not in onnx.providers()])
def test_a_device_that_is_not_here_is_named(tmp_path: Path, device: str) -> None:
    with pytest.raises(ModelUnavailable, match=rf"no device '{device}' for ONNX networks here; there are: .*cpu"):
        onnx.load(written(tmp_path, GRAPH), device)


def test_a_device_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="no device 'abacus'"):
        onnx.load(written(tmp_path, GRAPH), "abacus")


def test_a_file_that_is_no_network_is_named(tmp_path: Path) -> None:
    (tmp_path / "network.onnx").write_bytes(b"nothing")
    with pytest.raises(InvalidModel, match=r"network\.onnx is no network"):
        onnx.load(tmp_path / "network.onnx", "cpu")
