"""The range of bytes that an activation gets."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx: Any = pytest.importorskip("onnx")
ranges: Any = import_module("training.ranges")  # after what it needs, which may not be there


def histogram(values: Any) -> Any:
    counts, edges = np.histogram(values, ranges.BINS)
    return ranges.Histogram((edges[1:] + edges[:-1]) / 2, counts.astype(float))


def error(tried: Any, values: Any) -> float:
    return float(np.square(tried.stored(values) - values).mean())


def test_zero_is_one_of_the_bytes() -> None:
    found = ranges.Range(-1.3, 2.1)
    assert found.stored(np.zeros(1)) == 0
    assert 0 < found.zero < ranges.STEPS


def test_what_lies_evenly_keeps_its_whole_range() -> None:
    found = histogram(np.random.default_rng(1).uniform(0, 3, 100_000)).best()
    assert found.least == 0
    assert found.most == pytest.approx(3, abs=0.01)


def test_a_few_outliers_do_not_make_all_steps_coarse() -> None:
    values = np.append(np.random.default_rng(2).exponential(1, 500_000), [60.0, 80.0])
    found = histogram(values).best()
    assert found.least == 0
    assert all(error(found, values) <= error(ranges.Range(0.0, most), values) * 1.01 for most in (8, 16, 24, 40, 80))
    assert error(found, values[:-2]) < error(ranges.Range(0.0, 80.0), values[:-2]) / 2


def test_both_ends_are_found_on_their_own() -> None:
    random = np.random.default_rng(3)
    values = np.concatenate([random.uniform(-1, 0, 500_000), random.exponential(0.5, 500_000), [30.0]])
    found = histogram(values).best()
    assert found.least == pytest.approx(-1, abs=0.1)
    assert found.most < 20


def test_a_convolution_before_a_rectifier_is_not_stored(tmp_path: Path) -> None:
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("Conv", ["pixels", "weights"], ["first"]),
        helper.make_node("Relu", ["first"], ["rectified"]),
        helper.make_node("Conv", ["rectified", "weights"], ["second"]),
        helper.make_node("Add", ["rectified", "second"], ["sum"]),
    ]
    ends = [helper.make_tensor_value_info(name, kind, ["batch", 2, 4, 4]) for name in ("pixels", "sum")]
    weights = np.ones((2, 2, 1, 1), np.float32)
    graph = helper.make_graph(nodes, "two", ends[:1], ends[1:], [onnx.numpy_helper.from_array(weights, "weights")])
    file = tmp_path / "two.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), file)
    pixels = np.random.default_rng(4).random((3, 2, 4, 4), np.float32)
    found = ranges.measured(file, pixels)
    assert list(found) == ["rectified", "second"]
    assert found["rectified"].most == pytest.approx(2 * pixels.sum(1).max() / 2, rel=0.2)
