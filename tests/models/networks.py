"""Small ONNX networks for tests, good ones and bad ones."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ENDLESS = 2**62  # turns of a loop
GIANT = 2**40  # numbers of a tensor


def write_network(file: Path, nodes: list[onnx.NodeProto], weights: dict[str, np.ndarray] | None = None) -> Path:
    """Pictures `image` (1, 3, 8, 8) in, `answer` (1, anything) out."""
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, (1, 3, 8, 8))],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, ("n", "labels"))],
        [numpy_helper.from_array(array, name) for name, array in (weights or {}).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    file.write_bytes(model.SerializeToString())
    return file


def means(file: Path) -> Path:
    """Three scores: the mean of each colour."""
    pool = helper.make_node("GlobalAveragePool", ["image"], ["pooled"])
    return write_network(file, [pool, helper.make_node("Flatten", ["pooled"], ["answer"])])


def shares(file: Path) -> Path:
    """Three probabilities that add up to 1."""
    pool = helper.make_node("GlobalAveragePool", ["image"], ["pooled"])
    flat = helper.make_node("Flatten", ["pooled"], ["flat"])
    return write_network(file, [pool, flat, helper.make_node("Softmax", ["flat"], ["answer"])])


def giant(file: Path) -> Path:
    """Makes a tensor of four terabytes when it runs."""
    made = helper.make_node("ConstantOfShape", ["shape"], ["big"])
    total = helper.make_node("ReduceSum", ["big"], ["sum"], keepdims=0)
    pool = helper.make_node("GlobalAveragePool", ["image"], ["pooled"])
    flat = helper.make_node("Flatten", ["pooled"], ["flat"])
    added = helper.make_node("Add", ["flat", "sum"], ["answer"])
    return write_network(file, [made, total, pool, flat, added], {"shape": np.array([GIANT], np.int64)})


def growing(file: Path, gigabytes: int = 3) -> Path:
    """Fills so much memory when it runs, and needs none when it is opened."""
    filled = helper.make_node("Expand", ["image", "shape"], ["big"])
    pool = helper.make_node("GlobalAveragePool", ["big"], ["pooled"])
    wanted = np.array([gigabytes * 1024**3 // (4 * 3 * 8 * 8), 3, 8, 8], np.int64)
    return write_network(file, [filled, pool, helper.make_node("Flatten", ["pooled"], ["answer"])], {"shape": wanted})


def endless(file: Path) -> Path:
    """Turns in a loop for longer than anybody lives."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["still"]),
            helper.make_node("Sin", ["before"], ["after"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, ()),
            helper.make_tensor_value_info("go", TensorProto.BOOL, ()),
            helper.make_tensor_value_info("before", TensorProto.FLOAT, (1, 3)),
        ],
        [
            helper.make_tensor_value_info("still", TensorProto.BOOL, ()),
            helper.make_tensor_value_info("after", TensorProto.FLOAT, (1, 3)),
        ],
    )
    pool = helper.make_node("GlobalAveragePool", ["image"], ["pooled"])
    flat = helper.make_node("Flatten", ["pooled"], ["flat"])
    loop = helper.make_node("Loop", ["turns", "yes", "flat"], ["answer"], body=body)
    constants = {"turns": np.array(ENDLESS, np.int64), "yes": np.array(True)}
    return write_network(file, [pool, flat, loop], constants)


def many_nodes(count: int) -> bytes:
    """A graph of so many empty nodes, two bytes each, to be put behind a network."""
    length, packed = 2 * count, bytearray(b"\x3a")  # field 7, the graph
    while length > 127:
        packed.append(length & 127 | 128)
        length >>= 7
    return bytes((*packed, length)) + b"\x0a\x00" * count


def with_outside_weights(file: Path, location: str) -> Path:
    """Weights that are said to lie in another file."""
    means(file)
    model = onnx.load(file)
    tensor = TensorProto(name="far", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=location)
    model.graph.initializer.append(tensor)
    file.write_bytes(model.SerializeToString())
    return file
