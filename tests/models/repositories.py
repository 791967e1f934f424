"""Small repositories in the hub's layout, whose network tells red, green and blue pictures apart."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SIDE = 8
LABELS = ("red", "green", "blue")
SHARPNESS = 8.0
CONFIG: dict[str, Any] = {
    "architectures": ["ViTForImageClassification"],
    "model_type": "vit",
    "id2label": {"0": "red", "1": "green", "2": "blue"},
}
PROCESSOR: dict[str, Any] = {"image_processor_type": "ViTImageProcessor", "size": {"height": SIDE, "width": SIDE}}
RED, GREEN, BLUE = (200, 30, 20), (20, 180, 40), (10, 40, 220)


def plain_picture(colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    """All of one colour."""
    return np.full((12, 17, 3), colour, np.uint8)


def onnx_network(*, batch: str | int = "batch", element: int = TensorProto.FLOAT) -> onnx.ModelProto:
    """(batch, 3, 8, 8) -> `logits` (batch, 3): the mean of each channel, sharpened; and something else before it."""
    kind = helper.tensor_dtype_to_np_dtype(element)
    shape = [batch, len(LABELS)]
    nodes = [
        helper.make_node("GlobalAveragePool", ["pixel_values"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["features"]),
        helper.make_node("MatMul", ["features", "weights"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info("pixel_values", element, [batch, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info(name, element, shape) for name in ("features", "logits")],
        [numpy_helper.from_array(np.eye(3, dtype=kind) * kind.type(SHARPNESS), "weights")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def weigh(source: Path, weights: list[list[float]]) -> None:
    """Let a repository's network make its logits of the colours' means by these: a row for each colour."""
    network = onnx.load(source / "onnx" / "model.onnx")
    network.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.array(weights, np.float32), "weights"))
    onnx.save(network, source / "onnx" / "model.onnx")


def repository(folder: Path, *, config: dict[str, Any] | None = None, processor: dict[str, Any] | None = None) -> Path:
    """`config.json`, `preprocessor_config.json` and `onnx/model.onnx` in a new folder."""
    (folder / "onnx").mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({**CONFIG, **(config or {})}))
    (folder / "preprocessor_config.json").write_text(json.dumps(processor or PROCESSOR))
    onnx.save(onnx_network(), folder / "onnx" / "model.onnx")
    return folder
