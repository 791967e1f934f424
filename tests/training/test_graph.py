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
STEPS = [0.01 + 0.001 * filter_ for filter_ in range(64)]


@pytest.fixture
def filters() -> dict[str, Any]:
    random = np.random.default_rng(1)
    steps = np.array(STEPS, np.float32).reshape(-1, 1, 1, 1)
    even = random.integers(-64, 65, (64, 8, 2, 2)).astype(np.float32) * steps
    return {"uneven": random.standard_normal((8, 3, 8, 8)).astype(np.float32), "even": even}


@pytest.fixture
def file(tmp_path: Path, filters: dict[str, Any]) -> Path:
    """Two convolutions; the second one's filters are whole multiples of a step each."""
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


def test_filters_on_a_grid_come_back_as_they_were_from_a_quarter_of_the_bytes(
    file: Path, filters: dict[str, Any]
) -> None:
    narrow = file.with_name("narrow.onnx")
    graph.write_narrow(file, narrow, {"even": STEPS})
    stored = {w.name: onnx.numpy_helper.to_array(w) for w in onnx.load(narrow).graph.initializer}
    assert stored["even_narrow"].dtype == np.int8
    assert stored["uneven_narrow"].dtype == np.float16
    assert np.array_equal(stored["even_narrow"] * stored["even_step"], filters["even"])


def test_narrow_weights_give_nearly_the_same_numbers(file: Path) -> None:
    narrow = file.with_name("narrow.onnx")
    graph.write_narrow(file, narrow, {"even": STEPS})
    expected = outputs(file)
    assert np.abs(outputs(narrow) - expected).max() < 0.01 * np.abs(expected).max()
