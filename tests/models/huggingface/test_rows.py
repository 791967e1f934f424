"""Rows that no answer reads are not computed, and the answers stay what they are."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.parser
import pytest

from image_tagger.models.huggingface.rows import keep_read_rows
from image_tagger.models.runtimes import onnx as runtime

SIDES = (3, 5, 4)  # pictures, tokens, numbers
HEAD = """
    <ir_version: 8, opset_import: ["" : 20]>
    graph (float[N, 5, 4] pixels) => (float[N, 4] logits)
    <float[4, 4] weights, float[4] more, int64 read = {ROW}, float[N, 5, 4] a, float[N, 5, 4] b, float[N, 5, 4] c>
"""
LAYERS = """{
    kept = Softmax<axis=1>(pixels)
    a = MatMul(kept, weights)
    b = Add(a, more)
    c = Gelu(b)
    d = Add(c, kept)
    picked = Gather<axis=1>(d, read)
    logits = Softmax(picked)
}"""


def written(file: Path, layers: str, row: int = 0) -> Path:
    """A network of these layers with random weights, and the shapes in between that an exporter writes."""
    random = np.random.default_rng(0)
    model = onnx.parser.parse_model(HEAD.replace("ROW", str(row)) + layers)
    weights = {"weights": random.standard_normal((4, 4)), "more": random.standard_normal(4)}
    for name, numbers in weights.items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(numbers.astype(np.float32), name))
    onnx.save(onnx.shape_inference.infer_shapes(model), file)
    return file


def answers(file: Path) -> Any:
    pixels = np.random.default_rng(1).standard_normal(SIDES).astype(np.float32)
    return runtime.load(file, "cpu").run({"pixels": pixels}, ())[0]


def shape_of(file: Path, tensor: str) -> list[int]:
    found = onnx.shape_inference.infer_shapes(onnx.load(file), data_prop=True).graph.value_info
    return [side.dim_value for value in found if value.name == tensor for side in value.type.tensor_type.shape.dim]


@pytest.mark.parametrize("row", [0, 3])
def test_the_row_is_picked_before_the_layers_that_only_work_for_it(row: int, tmp_path: Path) -> None:
    file = written(tmp_path / "a.onnx", LAYERS, row)
    before = answers(file)
    assert shape_of(file, "c")[1:] == [5, 4]
    assert keep_read_rows(file)
    assert shape_of(file, "c")[1:] == [1, 4]
    assert shape_of(file, "kept")[1:] == [5, 4]  # every row counts there
    np.testing.assert_allclose(answers(file), before, atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "other"),
    [
        ("c = Gelu(b)", "c = Softmax<axis=1>(b)"),  # all rows count, right before the last layer
        ("logits = Softmax(picked)", "sums = ReduceSum<keepdims=0>(c, read1) \n logits = Add(picked, sums)"),
        ("c = Gelu(b)", "c = LayerNormalization<axis=1>(b, ones)"),
        ("picked = Gather<axis=1>(d, read)", "picked = ReduceMean<keepdims=0>(d, read1)"),
    ],
)
def test_what_needs_all_rows_stays(layer: str, other: str, tmp_path: Path) -> None:
    layers = LAYERS.replace(layer, other)
    assert layers != LAYERS
    constants = "{ read1 = Constant<value_ints = [1]>() \n ones = Constant<value = float[5, 4] {" + "1, " * 19 + "1}>()"
    file = written(tmp_path / "a.onnx", constants + layers.removeprefix("{"))
    before = answers(file)
    assert not keep_read_rows(file)
    np.testing.assert_array_equal(answers(file), before)
