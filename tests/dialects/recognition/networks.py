"""Small networks to upload: one that tells colours apart, one that always finds the same two things."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

PICTURE = helper.make_tensor_value_info("image", TensorProto.FLOAT, ("n", 3, 8, 8))
BOXES = ((0.1, 0.2, 0.5, 0.6), (0.5, 0.0, 1.0, 0.5))  # ymin, xmin, ymax, xmax
SCORES, CLASSES = (0.75, 0.5), (40.0, 10.0)


def colours(file: Path) -> Path:
    """Pictures `image` in 0..1 -> `shares`: how much of their light is red, green and blue; the sum is 1."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["means"]),
        helper.make_node("ReduceSum", ["means", "axes"], ["sum"], keepdims=1),
        helper.make_node("Div", ["means", "sum"], ["shares"]),
    ]
    return _write(file, nodes, {"axes": np.array([1], np.int64)}, {"shares": ("n", 3), "means": ("n", 3)})


def unlike_others(network: Path, text: str) -> Path:
    """The same network in a file that no other test has, so that its files go with it."""
    model = onnx.load(network)
    model.doc_string = text
    onnx.save(model, network)
    return network


def boxes(file: Path) -> Path:
    """Any picture -> two boxes, with their scores and classes, as TensorFlow's object detection API names them."""
    weights = {
        "detection_boxes": np.array([BOXES], np.float32),
        "detection_scores": np.array([SCORES], np.float32),
        "detection_classes": np.array([CLASSES], np.float32),
    }
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[1, 2, 3]),
        helper.make_node("Mul", ["mean", "zero"], ["none"]),
    ]
    known = {"zero": np.zeros(1, np.float32)}
    for name, array in weights.items():  # nothing is added to them, once for each picture
        known |= {f"the_{name}": array, f"shape_{name}": np.array([-1, *(1 for _ in array.shape[1:])], np.int64)}
        nodes.append(helper.make_node("Reshape", ["none", f"shape_{name}"], [f"none_{name}"]))
        nodes.append(helper.make_node("Add", [f"the_{name}", f"none_{name}"], [name]))
    return _write(file, nodes, known, {name: ("n", *array.shape[1:]) for name, array in weights.items()})


def _write(
    file: Path, nodes: list[onnx.NodeProto], weights: dict[str, np.ndarray], gives: dict[str, tuple[object, ...]]
) -> Path:
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in gives.items()]
    tensors = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    graph = helper.make_graph(nodes, "test", [PICTURE], outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    file.write_bytes(model.SerializeToString())
    return file


def colours_as_pt2(file: Path) -> Path:
    """The same as `colours`, as an ExportedProgram; its one output is `shares`."""
    import torch  # noqa: PLC0415 - an extra

    class Colours(torch.nn.Module):  # type: ignore[misc]  # the type checker does not see torch
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            means = image.mean((2, 3))
            return means / means.sum(1, keepdim=True)

    pictures = torch.export.Dim("n", min=1, max=64)
    program = torch.export.export(Colours(), (torch.rand(2, 3, 8, 8),), dynamic_shapes=({0: pictures},))
    torch.export.save(program, file)
    return file
