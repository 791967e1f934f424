"""The nodes and functions of a frozen graph or of a SavedModel, and what its signatures name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.formats.graphs import wire

SERVING = "serve"  # the tag of the graph that answers, where a SavedModel has several
INITIALISING = "__saved_model_init_op"


@dataclass(frozen=True, slots=True)
class Node:
    """One operation: what it reads (names without their output's number), and the functions that it calls."""

    name: str
    operation: str
    inputs: tuple[str, ...]
    functions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by name, and the bodies of functions by name."""

    nodes: Mapping[str, Node]
    functions: Mapping[str, tuple[Node, ...]]

    def reached(self, names: Iterable[str]) -> Iterator[Node]:
        """Every node that runs to compute these tensors or nodes, with all nodes of the functions called on the way."""
        waiting, seen, called = [node_name(name) for name in names], set[str](), set[str]()
        while waiting:
            name = waiting.pop()
            node = self.nodes.get(name)
            if name in seen or node is None:
                continue
            seen.add(name)
            waiting += node.inputs
            yield node
            yield from self._bodies(node, called)

    def every(self) -> Iterator[Node]:
        """All nodes, those of functions included."""
        yield from self.nodes.values()
        for body in self.functions.values():
            yield from body

    def _bodies(self, node: Node, called: set[str]) -> Iterator[Node]:
        waiting = self.calls(node)
        while waiting:
            name = waiting.pop()
            if name not in called:
                called.add(name)
                for inner in self.functions.get(name, ()):
                    yield inner
                    waiting += self.calls(inner)

    def calls(self, node: Node) -> list[str]:
        """Names of the functions that a node calls; old graphs name them as its operation."""
        return [*node.functions, *([node.operation] if node.operation in self.functions else [])]


@dataclass(frozen=True, slots=True)
class Signature:
    """A way to ask a SavedModel: its own names of inputs and outputs -> names of tensors."""

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SavedGraph:
    """A SavedModel's graph: its bytes as a MetaGraphDef, its signatures, and what restores and initialises it."""

    message: memoryview
    graph: Graph
    signatures: Mapping[str, Signature] = field(default_factory=dict)
    filename: str = ""  # the tensor that is fed with the place of the weights
    restoring: str = ""  # the node that reads them
    initialising: str = ""  # the node that fills tables


def read_frozen(message: memoryview, name: str) -> Graph:
    """A GraphDef. Raises InvalidModel naming the file `name`."""
    try:
        graph = _graph(message)
    except ValueError as error:  # UnicodeDecodeError is one, too
        raise InvalidModel(f"{name} is no TensorFlow graph: {error}") from error
    if not graph.nodes:
        raise InvalidModel(f"{name} is no TensorFlow graph: it has no nodes")
    return graph


def read_saved(message: memoryview, name: str) -> SavedGraph:
    """The serving graph of a SavedModel. Raises InvalidModel naming the file `name`."""
    try:
        found = list(wire.parts(message, 2))
        serving = [meta for meta in found if SERVING in _tags(meta)] or found
        if not serving:
            raise ValueError("it has no graph")  # noqa: TRY301 - the same answer as for what cannot be parsed
        return _saved(serving[0])
    except ValueError as error:
        raise InvalidModel(f"{name} is no SavedModel: {error}") from error


def node_name(tensor: str) -> str:
    """The node that gives a tensor: `a:0`, `a` and `^a` all come from `a`."""
    return tensor.removeprefix("^").partition(":")[0]


def _tags(meta: memoryview) -> list[str]:
    return [bytes(tag).decode() for info in wire.parts(meta, 1) for tag in wire.parts(info, 4)]


def _saved(meta: memoryview) -> SavedGraph:
    saver = wire.first(meta, 3)
    signatures = {key: _signature(value) for key, value in wire.entries(meta, 5)}
    starting = signatures.pop(INITIALISING, Signature({}, {})).outputs.get(INITIALISING, "")
    graph = _graph(wire.first(meta, 2))
    return SavedGraph(meta, graph, signatures, wire.text(saver, 1), wire.text(saver, 3), starting)


def _signature(message: memoryview) -> Signature:
    inputs, outputs = ({key: wire.text(info, 1) for key, info in wire.entries(message, side)} for side in (1, 2))
    return Signature(inputs, outputs)


def _graph(message: memoryview) -> Graph:
    nodes = [_node(node) for node in wire.parts(message, 1)]
    functions: dict[str, tuple[Node, ...]] = {}
    for library in wire.parts(message, 2):
        for function in wire.parts(library, 1):
            name = wire.text(wire.first(function, 1), 1)
            functions[name] = tuple(_node(node) for node in wire.parts(function, 3))
    return Graph({node.name: node for node in nodes}, functions)


def _node(message: memoryview) -> Node:
    inputs = tuple(node_name(bytes(read).decode()) for read in wire.parts(message, 3))
    return Node(wire.text(message, 1), wire.text(message, 2), inputs, tuple(_functions(message)))


def _functions(message: memoryview) -> Iterator[str]:
    """Functions among a node's attributes: one (field 10), or in a list (fields 1 and then 9)."""
    for _, attribute in wire.entries(message, 5):
        lists = (one for values in wire.parts(attribute, 1) for one in wire.parts(values, 9))
        for function in (*wire.parts(attribute, 10), *lists):
            yield wire.text(function, 1)
