"""The forms that the networks in the wheel are stored in."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx: Any = pytest.importorskip("onnx")
pytest.importorskip("torch")
pytest.importorskip("onnxruntime.quantization")
graph: Any = import_module("training.graph")  # after what it needs, which may not be there


@pytest.fixture
def filters() -> dict[str, Any]:
    draw = np.random.default_rng(1).standard_normal
    narrow = draw((64, 8, 1, 1)).astype(np.float32)
    return {"uneven": draw((8, 3, 8, 8)).astype(np.float32), "even": np.tile(narrow, (1, 1, 2, 2))}


@pytest.fixture
def file(tmp_path: Path, filters: dict[str, Any]) -> Path:
    """Two convolutions; every place of the second one's filters has the same weights."""
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("Conv", ["pixels", "uneven"], ["inner"], strides=[8, 8]),
        helper.make_node("Conv", ["inner", "even"], ["logits"], strides=[2, 2]),
    ]
    pixels = helper.make_tensor_value_info("pixels", kind, ["batch", 3, 32, 32])
    logits = helper.make_tensor_value_info("logits", kind, ["batch", 64, 2, 2])
    weights = [onnx.numpy_helper.from_array(values, name) for name, values in filters.items()]
    made = helper.make_model(
        helper.make_graph(nodes, "two", [pixels], [logits], weights),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=10,
    )
    onnx.save(made, tmp_path / "float.onnx")
    return tmp_path / "float.onnx"


def outputs(file: Path) -> Any:
    runtime = import_module("onnxruntime")
    session = runtime.InferenceSession(file, providers=["CPUExecutionProvider"])
    pixels = np.random.default_rng(2).random((2, 3, 32, 32), np.float32)
    return session.run(None, {"pixels": pixels})[0]


def test_half_as_many_bytes_give_nearly_the_same_numbers(file: Path) -> None:
    half = file.with_name("half.onnx")
    graph.write_half(file, half)
    expected = outputs(file)
    assert np.abs(outputs(half) - expected).max() < 0.01 * np.abs(expected).max()


def test_a_filter_that_is_the_same_everywhere_is_stored_once(file: Path, filters: dict[str, Any]) -> None:
    half = file.with_name("half.onnx")
    graph.write_half(file, half)
    stored = {w.name: onnx.numpy_helper.to_array(w) for w in onnx.load(half).graph.initializer}
    assert np.array_equal(stored["uneven_half"], filters["uneven"].astype(np.float16))
    assert np.array_equal(stored["even_half"], filters["even"][..., :1, :1].astype(np.float16))
