"""The nodes and functions of a frozen graph or of a SavedModel, and what its signatures name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.formats.graphs import wire

SERVING = "serve"  # the tag of the graph that answers, where a SavedModel has several
INITIALISING = "__saved_model_init_op"


@dataclass(frozen=True, slots=True)
class Node:
    """One operation: what it reads (names without their output's number), and the functions that it names."""

    name: str
    operation: str
    inputs: tuple[str, ...]
    functions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by name, and of functions by name their bodies and what they are given, in its order.

    arguments: nothing for a function that takes a list, as what it is given has no fixed places then.
    """

    nodes: Mapping[str, Node]
    functions: Mapping[str, tuple[Node, ...]]
    arguments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def reached(self, names: Iterable[str]) -> Iterator[Node]:
        """Every node that runs to compute these tensors or nodes, with all nodes of the functions called on the way."""
        called = set[str]()
        for node in self.needed(names):
            yield node
            yield from self._bodies(node, called)

    def needed(self, names: Iterable[str]) -> Iterator[Node]:
        """The same without those of functions."""
        waiting, seen = [node_name(name) for name in names], set[str]()
        while waiting:
            name = waiting.pop()
            node = self.nodes.get(name)
            if name in seen or node is None:
                continue
            seen.add(name)
            waiting += node.inputs
            yield node

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
    saver = wire.only(meta, 3)
    signatures = {key: _signature(value) for key, value in wire.entries(meta, 5)}
    starting = signatures.pop(INITIALISING, Signature({}, {})).outputs.get(INITIALISING, "")
    graph = _graph(wire.only(meta, 2))
    return SavedGraph(meta, graph, signatures, wire.text(saver, 1), wire.text(saver, 3), starting)


def _signature(message: memoryview) -> Signature:
    inputs, outputs = ({key: wire.text(info, 1) for key, info in wire.entries(message, side)} for side in (1, 2))
    return Signature(inputs, outputs)


def _graph(message: memoryview) -> Graph:
    functions, arguments = dict[str, tuple[Node, ...]](), dict[str, tuple[str, ...]]()
    for function in wire.parts(wire.only(message, 2), 1):
        signature = wire.only(function, 1)
        name = wire.text(signature, 1)
        if name in functions:
            raise ValueError(f"it has two functions {name!r}")
        functions[name] = tuple(_nodes(function, 3).values())
        arguments[name] = _arguments(signature)
    return Graph(_nodes(message, 1), functions, arguments)


def _nodes(message: memoryview, number: int) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    for node in map(_node, wire.parts(message, number)):
        if node.name in nodes:
            raise ValueError(f"it has two nodes {node.name!r}")
        nodes[node.name] = node
    return nodes


def _node(message: memoryview) -> Node:
    inputs = tuple(node_name(bytes(read).decode()) for read in wire.parts(message, 3))
    values = (value for _, value in wire.entries(message, 5))
    return Node(wire.text(message, 1), wire.text(message, 2), inputs, tuple(_functions(values)))


def _arguments(signature: memoryview) -> tuple[str, ...]:
    defaults = (wire.only(attribute, 3) for attribute in wire.parts(signature, 4))
    if next(_functions(defaults), None) is not None:  # would be called by nodes that do not name it
        raise ValueError("a function of it calls another one by default")
    arguments = list(wire.parts(signature, 2))
    lists = any(wire.text(one, 5) or wire.text(one, 6) for one in arguments)
    return () if lists else tuple(wire.text(one, 1) for one in arguments)


def _functions(values: Iterable[memoryview]) -> Iterator[str]:
    """Functions among values of attributes: one (field 10), or in a list (fields 1 and then 9), and theirs in turn."""
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        for function in (*wire.parts(value, 10), *wire.parts(wire.only(value, 1), 9)):
            yield wire.text(function, 1)
            waiting += [given for _, given in wire.entries(function, 2)]
