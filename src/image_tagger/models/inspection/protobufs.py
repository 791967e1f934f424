"""What kind of network a Protocol Buffers file is, and which further files an ONNX file names."""

import mmap
from collections.abc import Iterator
from pathlib import Path

from image_tagger.models.formats.protobuf import LENGTH, Field, fields

MOST_FIELDS = 1_000_000  # of the outermost message; each is a layer or a node
DEPTH = 20  # of graphs in graphs
ONNX_GRAPH, ONNX_OPSETS, ONNX_FUNCTIONS = 7, 8, 25
GRAPH_NODE, GRAPH_WEIGHT, GRAPH_SPARSE = 1, 5, 15
NODE_ATTRIBUTE, ATTRIBUTE_TENSORS, ATTRIBUTE_GRAPHS, ATTRIBUTE_SPARSE = 5, (5, 10), (6, 11), (22, 23)
FUNCTION_NODE, FUNCTION_DEFAULT, SPARSE_TENSORS, EXTERNAL = 7, 11, (1, 2), 13
CAFFE_LAYERS = (2, 100)  # in the old form and the new one
TENSORFLOW = {1, 2, 3, 4}  # node, library, version, versions
SAVED_MODEL_GRAPHS = 2


def network_in(file: Path) -> str:
    """The value of the kind of network. Raises ValueError where it is none, or cut short."""
    seen: dict[int, int] = {}
    numbers: set[int] = set()
    for count, field in enumerate(fields(_mapped(file))):
        seen[field.number] = seen.get(field.number, 0) + 1
        if not field.content:
            numbers.add(field.number)
        if count > MOST_FIELDS:
            raise ValueError(f"it has more than {MOST_FIELDS} layers")
    return _kind(seen, numbers)


def outside_files(file: Path) -> tuple[str, ...]:
    """The names of the files that hold weights of an ONNX file, as it gives them, sorted. Raises ValueError."""
    return tuple(sorted(set(_locations(_mapped(file)))))


def _kind(seen: dict[int, int], numbers: set[int]) -> str:
    if ONNX_GRAPH in seen and ONNX_OPSETS in seen and 1 in numbers:
        return "ONNX"
    if 100 in seen or (2 in seen and 1 not in numbers and seen.get(1, 0) == 1):
        return "Caffe weights"
    if SAVED_MODEL_GRAPHS in seen and numbers == {1} and set(seen) == {1, 2}:
        raise ValueError("it is a part of a TensorFlow SavedModel; name the folder that it is in")
    if 1 in seen and 1 not in numbers and set(seen) <= TENSORFLOW:
        return "frozen TensorFlow graph"
    raise ValueError("it is no network that is known here")


def _locations(model: memoryview) -> Iterator[str]:
    for field in fields(model):
        if field.number == ONNX_GRAPH:
            yield from _in_graph(field.content, DEPTH)
        elif field.number == ONNX_FUNCTIONS:
            for part in fields(field.content):
                if part.number == FUNCTION_NODE:
                    yield from _in_node(part.content, DEPTH)
                elif part.number == FUNCTION_DEFAULT:
                    for default in fields(part.content):
                        yield from _in_attribute(default, DEPTH)


def _in_graph(graph: memoryview, depth: int) -> Iterator[str]:
    if not depth:
        raise ValueError("its graphs lie in each other too deeply")
    for field in fields(graph):
        if field.number == GRAPH_NODE:
            yield from _in_node(field.content, depth)
        elif field.number == GRAPH_WEIGHT:
            yield from _in_tensor(field.content)
        elif field.number == GRAPH_SPARSE:
            yield from _in_sparse(field.content)


def _in_node(node: memoryview, depth: int) -> Iterator[str]:
    for attribute in fields(node):
        if attribute.number == NODE_ATTRIBUTE:
            for field in fields(attribute.content):
                yield from _in_attribute(field, depth)


def _in_attribute(field: Field, depth: int) -> Iterator[str]:
    if field.number in ATTRIBUTE_TENSORS:
        yield from _in_tensor(field.content)
    elif field.number in ATTRIBUTE_GRAPHS:
        yield from _in_graph(field.content, depth - 1)
    elif field.number in ATTRIBUTE_SPARSE:
        yield from _in_sparse(field.content)


def _in_sparse(tensor: memoryview) -> Iterator[str]:
    for field in fields(tensor):
        if field.number in SPARSE_TENSORS:
            yield from _in_tensor(field.content)


def _in_tensor(tensor: memoryview) -> Iterator[str]:
    for field in fields(tensor):
        if field.number == EXTERNAL:
            entry = {part.number: _text(part) for part in fields(field.content)}
            if entry.get(1) == "location":
                yield entry.get(2, "")


def _text(field: Field) -> str:
    if field.wire != LENGTH:  # libraries pass over it; here it would take the place of the text that they read
        raise ValueError("a text in it is written as a number")
    return field.text


def _mapped(file: Path) -> memoryview:
    """The content without reading all of it, as weights are passed over; it is let go with its last part."""
    with file.open("rb") as stream:
        return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
