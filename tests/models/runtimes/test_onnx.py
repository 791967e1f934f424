"""ONNX Runtime: what it tells of a network, and on which device it runs."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from onnx import load as load_model

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


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        ("g (float[N] x) => (float[N] y) { y = Evil(x) }", "it has no operation Evil"),
        ("g (float[N] x) => (float[N] y) { y = com.microsoft.Evil(x) }", "it has no operation com.microsoft:Evil"),
    ],
)
def test_an_operation_that_there_is_not_is_named(tmp_path: Path, graph: str, reason: str) -> None:
    with pytest.raises(InvalidModel, match=reason) as refused:
        onnx.load(written(tmp_path, graph), "cpu")
    assert str(tmp_path) not in str(refused.value)


def test_a_network_of_a_newer_time_is_told_what_is_read(tmp_path: Path) -> None:
    file = written(tmp_path, GRAPH)
    network = load_model(file)
    network.opset_import[0].version = 99
    file.write_bytes(network.SerializeToString())
    with pytest.raises(InvalidModel, match=r"the newest that it reads is opset \d+"):
        onnx.load(file, "cpu")


def test_an_output_that_is_no_tensor_is_named(tmp_path: Path) -> None:
    graph = "g (float[2] x) => (seq(float[2]) y, float[2] z) { y = SequenceConstruct(x, x) z = Identity(x) }"
    runtime = onnx.load(written(tmp_path, graph), "cpu")
    fed = {"x": np.zeros(2, np.float32)}
    with pytest.raises(InvalidModel, match="the network's output 'y' is no tensor"):
        runtime.run(fed, ["z", "y"])
    assert runtime.run(fed, ["z"])[0].tolist() == [0, 0]


def test_nothing_is_reported_to_anybody(tmp_path: Path) -> None:
    file = written(tmp_path, GRAPH)
    (reports := tmp_path / "reports").mkdir()  # it keeps there under which name it reports
    imports = "from pathlib import Path; from image_tagger.models.runtimes import onnx"
    program = f"{imports}; onnx.load(Path({str(file)!r}), 'cpu')"
    known = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    subprocess.run([sys.executable, "-c", program], env=known | {"TMPDIR": str(reports)}, check=True)
    assert list(reports.iterdir()) == []
