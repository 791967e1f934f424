"""Which file a graph reads its weights from: followed from the one that it is given into the functions that read."""

from collections.abc import Mapping, Sequence

from image_tagger.models.formats.graphs.graph import Graph, Node

READER = "RestoreV2"
PASSED_ON = "Identity"
# of these a tensor's number says nothing, as they give one only; what is fed replaces it
FED = frozenset({"Const", "Placeholder", "PlaceholderWithDefault"})


def only_reads(graph: Graph, restoring: str, given: str) -> bool:
    """Whether all that runs for the node `restoring` reads weights from nothing but what is fed to `given`."""
    start = frozenset({given} if given in graph.nodes and graph.nodes[given].operation in FED else ())
    waiting: list[tuple[Sequence[Node], frozenset[str]]] = [(tuple(graph.needed([restoring])), start)]
    seen = set[tuple[str, frozenset[str]]]()
    while waiting:
        body, files = waiting.pop()
        named = {node.name: node for node in body}
        for node in body:
            right = [_origin(read, named) in files for read in node.inputs]
            if node.operation == READER and not any(right[:1]):
                return False
            for call in _calls(graph, node, right):
                if call not in seen:
                    seen.add(call)
                    waiting.append((graph.functions.get(call[0], ()), call[1]))
    return True


def _calls(graph: Graph, node: Node, right: Sequence[bool]) -> list[tuple[str, frozenset[str]]]:
    """The functions that a node calls, each with those of its arguments that are the file."""
    called = graph.calls(node)
    if len(called) != 1:  # one of them calls the others, with what cannot be told from here
        return [(name, frozenset()) for name in called]
    [name] = called
    own = {inner.name for inner in graph.functions.get(name, ())}
    arguments = graph.arguments.get(name, ())
    passed = (argument for argument, is_file in zip(arguments, right, strict=False) if is_file and argument not in own)
    return [(name, frozenset(passed))]


def _origin(name: str, named: Mapping[str, Node]) -> str:
    """The node, or argument, whose value this one gives unchanged."""
    seen = set[str]()
    while name in named and named[name].operation == PASSED_ON and named[name].inputs and name not in seen:
        seen.add(name)
        name = named[name].inputs[0]
    return name
