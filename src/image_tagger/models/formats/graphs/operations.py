"""Which operations a graph may run: those that only compute. What reads, writes, sends or calls Python is refused."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.formats.graphs.graph import Graph, Node, SavedGraph, node_name
from image_tagger.models.formats.graphs.sources import only_reads

LIST = Path(__file__).with_name("operations.txt")
# what training leaves in a SavedModel; it may stand there, but nothing that is asked for may run it
OF_SAVERS = frozenset(
    {"MergeV2Checkpoints", "Restore", "RestoreSlice", "RestoreV2", "Save", "SaveSlices", "SaveV2"}
    | {"ShardedFilename", "ShardedFilespec"}
)
# all that reading weights takes: constants, the reader, and the assignment to variables
OF_RESTORING = frozenset(
    {"Assign", "AssignVariableOp", "Cast", "Const", "DisableCopyOnRead", "Identity", "NoOp", "Pack", "PartitionedCall"}
    | {"Placeholder", "PlaceholderWithDefault", "Reshape", "RestoreV2", "StatefulPartitionedCall", "VarHandleOp"}
    | {"Variable", "VariableV2"}
)
# how TensorFlow names its own, those that only it may use among them; a function of such a name could hide one
OPERATION = re.compile(r"(?:[A-Z][A-Za-z0-9]*>)*_*[A-Z][A-Za-z0-9]*")


@cache
def harmless() -> frozenset[str]:
    """Names of the operations that only compute or change the graph's own variables."""
    return frozenset(LIST.read_text(encoding="ascii").split())


def check_graph(graph: Graph, file: str) -> None:
    """Raises InvalidModel naming the first operation that is none of those known to be harmless."""
    for name in graph.functions:
        if OPERATION.fullmatch(name):
            raise InvalidModel(f"{file} has a function with the name of an operation: {name!r}")
    _check(graph, graph.every(), harmless() | OF_SAVERS, file)


def check_run(graph: Graph, tensors: Iterable[str], file: str) -> None:
    """The same for all that runs to compute these tensors: what a saver does is not among it."""
    _check(graph, graph.reached(tensors), harmless(), file)


def check_restoring(saved: SavedGraph, file: str) -> None:
    """Raises InvalidModel where reading the weights does more than that, or reads a file that is not the model's."""
    _check(saved.graph, saved.graph.reached([saved.restoring]), OF_RESTORING, file)
    if not only_reads(saved.graph, saved.restoring, node_name(saved.filename)):
        raise InvalidModel(f"{file} names a file of its own to read weights from")


def initialises(saved: SavedGraph) -> bool:
    """Whether the graph has something to run before its first answer, and that is harmless.

    Tables that are filled from files stay empty: only an output that needs them fails.
    """
    names = harmless() | saved.graph.functions.keys()
    reached = list(saved.graph.reached([saved.initialising])) if saved.initialising else []
    return bool(reached) and all(node.operation in names for node in reached)


def _check(graph: Graph, nodes: Iterable[Node], allowed: frozenset[str], file: str) -> None:
    for node in nodes:
        if node.operation not in allowed and node.operation not in graph.functions:
            raise InvalidModel(f"{file} uses the operation {node.operation!r}, which is none that only computes")
