"""What TensorFlow itself understands of a file decides what is refused: no way of writing a message hides an operation.

Needs the extra `tensorflow`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from image_tagger import plugins
from image_tagger.domain.errors import InvalidModel

tensorflow = pytest.importorskip("tensorflow", reason="needs the extra `tensorflow`", exc_type=ImportError)
runtime = plugins.load("image_tagger.models.runtimes", "tensorflow")
v1: Any = tensorflow.compat.v1
NODE, META_GRAPH, GRAPH = 1, 2, 2  # numbers of fields
LENGTH, FIXED64 = 2, 1  # ways of writing them
WRITER = "e"
SHAPE = (1, 8, 8, 3)


def varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | LENGTH]) + varint(len(content)) + content


def writing(place: Path) -> Any:
    """A graph from `x` to `z` with a node that writes a file first."""
    with tensorflow.Graph().as_default() as graph:
        fed = v1.placeholder("float32", [None, *SHAPE[1:]], name="x")
        written = v1.write_file(str(place), "a", name=WRITER)
        with tensorflow.control_dependencies([written]):
            tensorflow.nn.softmax(tensorflow.reduce_mean(fed, [1, 2]), name="z")
    return graph.as_graph_def()


def with_two_operations(graph: Any) -> bytes:
    """Its writing node says NoOp first; of a value that stands twice, the last one counts."""
    nodes = ((field(2, b"NoOp") if node.name == WRITER else b"") + node.SerializeToString() for node in graph.node)
    return b"".join(field(NODE, node) for node in nodes)


def with_a_skipped_node(graph: Any) -> bytes:
    """Eight bytes under the number of nodes are passed over; read as a message, they are a harmless node `e`."""
    written: bytes = graph.SerializeToString()
    return written + bytes([NODE << 3 | FIXED64]) + b"\x0a\x01e\x12\x03Abs"


def in_two_parts(graph: Any) -> tuple[bytes, ...]:
    """What runs last stands in a second message of the same field, which is joined to the first."""
    last = {WRITER, "z"}
    parts = ([node for node in graph.node if (node.name in last) == late] for late in (False, True))
    return tuple(v1.GraphDef(node=part).SerializeToString() for part in parts)


def saved_model(folder: Path, *graphs: bytes) -> Path:
    meta = v1.MetaGraphDef()
    meta.meta_info_def.tags.append("serve")
    asked = meta.signature_def["serving_default"]
    for side, name in ((asked.inputs, "x"), (asked.outputs, "z")):
        side[name].name = f"{name}:0"
        side[name].dtype = 1
    content = meta.SerializeToString() + b"".join(field(GRAPH, graph) for graph in graphs)
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"\x08\x01" + field(META_GRAPH, content))
    return folder


def ask(network: Path) -> None:
    runtime.load(network, "cpu").run({"x": np.zeros(SHAPE, np.float32)}, ["z"])


@pytest.mark.parametrize("written", [with_two_operations, with_a_skipped_node])
@pytest.mark.parametrize("saved", [False, True])
def test_no_operation_hides_in_a_node(tmp_path: Path, written: Callable[[Any], bytes], *, saved: bool) -> None:
    content = written(writing(tmp_path / "written"))
    (tmp_path / "graph.pb").write_bytes(content)
    network = saved_model(tmp_path / "model", content) if saved else tmp_path / "graph.pb"
    with pytest.raises(InvalidModel, match="uses the operation 'WriteFile'"):
        ask(network)
    assert not (tmp_path / "written").exists()


def test_no_operation_hides_in_a_second_part_of_a_saved_model(tmp_path: Path) -> None:
    folder = saved_model(tmp_path / "model", *in_two_parts(writing(tmp_path / "written")))
    with pytest.raises(InvalidModel, match=r"saved_model.pb uses the operation 'WriteFile'"):
        ask(folder)
    assert not (tmp_path / "written").exists()


def test_what_hides_nothing_is_taken(tmp_path: Path) -> None:
    with tensorflow.Graph().as_default() as graph:
        fed = v1.placeholder("float32", [None, *SHAPE[1:]], name="x")
        tensorflow.nn.softmax(tensorflow.reduce_mean(fed, [1, 2]), name="z")
    ask(saved_model(tmp_path / "model", *in_two_parts(graph.as_graph_def())))
