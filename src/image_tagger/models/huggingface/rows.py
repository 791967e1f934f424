"""Leaves out of an exported network what no answer reads: of a transformer's last layer, the rows of other tokens."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ALONE = frozenset({"Gelu", "Erf", "Relu", "Sigmoid", "Tanh"})  # a row is made of the same row
LAST = -1
TOKENS = 1  # the dimension of (picture, token, number)
LEAST = 4  # layers; fewer are not worth it, and this is what there is after the last attention


@dataclass(frozen=True, slots=True)
class Part:
    """Layers that only work for one row, the last one first, and the tensors that enter there with all of them."""

    last: Any  # the layer that picks the row
    row: int
    layers: tuple[Any, ...]
    entries: tuple[str, ...]


def keep_read_rows(file: Path) -> bool:
    """Let an ONNX file of one's own making pick the row that is read before it is computed; answers whether it could.

    A classifier on one token needs the last layer's attention of all of them, and nothing behind it: 6 % of the work
    of 12 layers. Every number that is still computed is made of the same ones as before.
    """
    import onnx  # noqa: PLC0415 - an extra

    model = onnx.load(file)
    part = _part(model.graph)
    if part is None or len(part.layers) < LEAST:
        return False
    _move(model.graph, part)
    onnx.save(model, file)
    return True


def _part(graph: Any) -> Part | None:
    from onnx import numpy_helper  # noqa: PLC0415 - an extra

    weights = {tensor.name: tensor for tensor in graph.initializer}
    for layer in graph.node:
        if layer.op_type == "Gather" and _axis(layer) == TOKENS and layer.input[1] in weights:
            row = numpy_helper.to_array(weights[layer.input[1]])
            if row.shape == () and row >= 0:
                return Part(layer, int(row), *_behind(graph, layer))
    return None


def _axis(layer: Any, default: int = 0) -> int:
    return next((entry.i for entry in layer.attribute if entry.name == "axis"), default)


def _behind(graph: Any, last: Any) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """The layers that need one row only, because all that reads them does, and what enters them."""
    weights = {tensor.name: len(tensor.dims) for tensor in graph.initializer}
    readers = Counter(name for layer in graph.node for name in layer.input)
    readers.update(output.name for output in graph.output)
    shapes = _shapes(graph)
    layers: list[Any] = []
    read = Counter([last.input[0]])  # tensors of which one row is read, and how often
    entries = []
    for layer in reversed(graph.node):
        name = layer.output[0]
        if name not in read:
            continue
        rows = _rows(layer, weights) if read[name] == readers[name] else ()
        if rows and all(shapes.get(row) == shapes.get(name, "") for row in rows):  # nothing is broadcast
            layers.append(layer)
            read.update(rows)
        else:
            entries.append(name)
    return tuple(layers), tuple(entries)


def _shapes(graph: Any) -> dict[str, tuple[str, ...]]:
    """Pictures and tokens of the tensors of (picture, token, number)."""
    sides = {value.name: [str(side) for side in value.type.tensor_type.shape.dim] for value in graph.value_info}
    return {name: tuple(found[: TOKENS + 1]) for name, found in sides.items() if len(found) == TOKENS + 2}


def _rows(layer: Any, weights: dict[str, int]) -> tuple[str, ...]:
    """The inputs whose row makes the same row of the output; none where other rows count, too."""
    if layer.op_type in ALONE or (layer.op_type == "LayerNormalization" and _axis(layer, LAST) == LAST):
        return (layer.input[0],)
    if layer.op_type == "MatMul" and layer.input[1] in weights:
        return (layer.input[0],)
    if layer.op_type in ("Add", "Mul") and all(weights.get(name, 0) <= 1 for name in layer.input):
        return tuple(name for name in layer.input if name not in weights)
    return ()


def _move(graph: Any, part: Part) -> None:
    from onnx import helper, numpy_helper  # noqa: PLC0415 - an extra

    graph.initializer.append(numpy_helper.from_array(np.array([part.row], np.int64), "row_read"))
    graph.initializer.append(numpy_helper.from_array(np.array(0, np.int64), "row_first"))
    readers = (part.last, *part.layers)
    for entry in part.entries:
        place = next(place for place, layer in enumerate(graph.node) if entry in layer.output)
        picked = helper.make_node("Gather", [entry, "row_read"], [f"{entry}_row"], axis=TOKENS)
        graph.node.insert(place + 1, picked)
        for layer in readers:
            layer.input[:] = [f"{name}_row" if name == entry else name for name in layer.input]
    part.last.input[1] = "row_first"
    del graph.value_info[:]  # shapes in between, some of which were for all rows
