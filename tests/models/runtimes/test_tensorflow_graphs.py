"""What a TensorFlow graph would run is known, and refused, without TensorFlow: the messages here are made by hand."""

import subprocess
import sys
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.formats.graphs import operations
from image_tagger.models.formats.graphs.graph import read_frozen, read_saved

NODES, LIBRARY, NAME, OPERATION, READS, ATTRIBUTES = 1, 2, 1, 2, 3, 5
FILE = "some.pb"


def varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def field(number: int, content: bytes | str) -> bytes:
    raw = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def node(name: str, operation: str, *reads: str, function: str = "") -> bytes:
    called = field(ATTRIBUTES, field(1, "f") + field(2, field(10, field(1, function)))) if function else b""
    return field(NAME, name) + field(OPERATION, operation) + b"".join(field(READS, one) for one in reads) + called


def graph(nodes: Iterable[bytes], **functions: Iterable[bytes]) -> bytes:
    bodies = (
        field(1, field(1, field(1, name)) + b"".join(field(3, one) for one in body)) for name, body in functions.items()
    )
    library = b"".join(bodies)
    return b"".join(field(NODES, one) for one in nodes) + (field(LIBRARY, library) if library else b"")


def frozen(nodes: Iterable[bytes], **functions: Iterable[bytes]) -> bytes:
    return graph([node("x", "Placeholder"), *nodes], **functions)


def saved(nodes: Iterable[bytes], filename: str = "file:0", restoring: str = "restore_all") -> bytes:
    signature = field(2, field(1, "scores") + field(2, field(1, "y:0")))
    meta = field(1, field(4, "serve")) + field(2, graph(nodes)) + field(3, field(1, filename) + field(3, restoring))
    return b"\x08\x01" + field(2, meta + field(5, field(1, "serving_default") + field(2, signature)))


def check(content: bytes) -> None:
    operations.check_graph(read_frozen(memoryview(content), FILE), FILE)


def test_a_graph_that_only_computes_is_taken() -> None:
    check(frozen([node("w", "Const"), node("y", "MatMul", "x", "w"), node("s", "Softmax", "y")]))


@pytest.mark.parametrize(
    "operation",
    [
        "PyFunc",
        "EagerPyFunc",
        "PyFuncStateless",
        "ReadFile",
        "WriteFile",
        "MatchingFiles",
        "PrintV2",
        "ImmutableConst",
        "TFRecordDataset",
        "WholeFileReaderV2",
        "InitializeTableFromTextFileV2",
        "XlaCustomCallV2",
        "RpcCall",
        "MyOwnOp",
    ],
)
def test_an_operation_that_does_more_is_named(operation: str) -> None:
    with pytest.raises(InvalidModel) as refused:
        check(frozen([node("y", operation, "x")]))
    assert str(refused.value) == f"some.pb uses the operation {operation!r}, which is none that only computes"


def test_an_operation_in_a_function_is_found() -> None:
    calls = node("y", "PartitionedCall", "x", function="__inner_1")
    with pytest.raises(InvalidModel, match="'ReadFile'"):
        check(frozen([calls], __inner_1=[node("r", "ReadFile")]))


@pytest.mark.parametrize("name", ["PyFunc", "_Send", "Vendor>Operation"])
def test_a_function_cannot_take_the_name_of_an_operation(name: str) -> None:
    with pytest.raises(InvalidModel, match=f"a function with the name of an operation: '{name}'"):
        check(frozen([node("y", name, "x")], **{name: [node("i", "Identity")]}))


def test_what_saves_may_stand_there_but_not_run() -> None:
    content = frozen([node("y", "Relu", "x"), node("s", "SaveV2", "y"), node("both", "Identity", "y", "^s")])
    read = read_frozen(memoryview(content), FILE)
    operations.check_graph(read, FILE)
    operations.check_run(read, ["y:0"], FILE)
    with pytest.raises(InvalidModel, match="'SaveV2'"):
        operations.check_run(read, ["both:0"], FILE)


def test_what_saves_is_found_in_functions_of_functions() -> None:
    calls = node("y", "StatefulPartitionedCall", "x", function="__outer")
    inner = node("i", "StatefulPartitionedCall", function="__inner")
    read = read_frozen(memoryview(frozen([calls], __outer=[inner], __inner=[node("s", "SaveV2")])), FILE)
    with pytest.raises(InvalidModel, match="'SaveV2'"):
        operations.check_run(read, ["y"], FILE)


def test_what_saves_is_found_where_a_function_is_handed_on() -> None:
    handed = field(1, "g") + field(2, field(10, field(1, "__saves")))
    outer = field(ATTRIBUTES, field(1, "f") + field(2, field(10, field(1, "__outer") + field(2, handed))))
    calls = node("y", "StatefulPartitionedCall", "x") + outer
    inner = node("i", "StatefulPartitionedCall")  # of the function that it was handed
    read = read_frozen(memoryview(frozen([calls], __outer=[inner], __saves=[node("s", "SaveV2")])), FILE)
    with pytest.raises(InvalidModel, match="'SaveV2'"):
        operations.check_run(read, ["y"], FILE)


def test_no_function_calls_another_by_default() -> None:
    default = field(4, field(1, "g") + field(3, field(10, field(1, "__saves"))))
    function = field(1, field(1, field(1, "__outer") + default) + field(3, node("i", "PartitionedCall")))
    with pytest.raises(InvalidModel, match="calls another one by default"):
        read_frozen(memoryview(field(NODES, node("y", "__outer")) + field(LIBRARY, function)), FILE)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (field(NODES, node("y", "NoOp") + field(OPERATION, "WriteFile")), "its field 2 stands there 2 times"),
        (field(NODES, node("y", "NoOp") + field(NAME, "z")), "its field 1 stands there 2 times"),
        (field(NODES, node("y", "Abs")) + b"\x09\x0a\x01y\x12\x03Abs", "its field 1 is written as a number"),
        (field(NODES, node("y", "Abs")) + b"\x08\x01", "its field 1 is written as a number"),
        (frozen([node("y", "Abs"), node("y", "WriteFile")]), "it has two nodes 'y'"),
        (frozen([], __f=[node("y", "Abs"), node("y", "WriteFile")]), "it has two nodes 'y'"),
        (frozen([]) + field(LIBRARY, b"") * 2, "its field 2 stands there 2 times"),
        (frozen([]) + field(LIBRARY, field(1, field(1, field(1, "__f"))) * 2), "it has two functions '__f'"),
        (frozen([node("y", "Abs", function="__f") + field(ATTRIBUTES, field(1, "f"))]), "'f' stands there twice"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(InvalidModel, match=rf"^some.pb is no TensorFlow graph: {reason}$"):
        read_frozen(memoryview(content), FILE)


def test_a_saved_model_has_one_graph() -> None:
    with pytest.raises(InvalidModel, match=r"^some.pb is no SavedModel: its field 2 stands there 2 times$"):
        read_saved(memoryview(field(2, field(2, graph([node("y", "Abs")])) * 2)), FILE)


def restoring(*more: bytes, source: str = "file", filename: str = "file:0") -> bytes:
    reads = [node("file", "Placeholder"), node("names", "Const"), node("v", "VarHandleOp")]
    reads += [node("read", "RestoreV2", source, "names"), node("assign", "AssignVariableOp", "v", "read")]
    reads += [*more, node("y", "ReadVariableOp", "v"), node("restore_all", "NoOp", "^assign", *["^m"] * len(more))]
    return saved(reads, filename)


def restoring_in_a_function(source: str, *handed: str, argument: bytes = b"") -> bytes:
    """As TensorFlow 2 writes it: what reads is in a function `f(prefix, variable)`, which is handed these."""
    signature = field(1, "__f") + field(2, field(1, "prefix") + argument) + field(2, field(1, "variable"))
    reads = [node("own", "Const"), node("same", "Identity", "prefix"), node("read", "RestoreV2", source, "own")]
    body = b"".join(field(3, one) for one in [*reads, node("assign", "AssignVariableOp", "variable", "read")])
    nodes = [node("file", "Placeholder"), node("other", "Const"), node("v", "VarHandleOp"), node("y", "NoOp")]
    nodes += [node("restore_all", "StatefulPartitionedCall", *handed, function="__f")]
    content = graph(nodes) + field(LIBRARY, field(1, field(1, signature) + body))
    return field(2, field(2, content) + field(3, field(1, "file:0") + field(3, "restore_all")))


def test_reading_weights_is_taken() -> None:
    operations.check_restoring(read_saved(memoryview(restoring()), FILE), FILE)


def test_reading_weights_may_do_nothing_else() -> None:
    with pytest.raises(InvalidModel, match="'WriteFile'"):
        operations.check_restoring(read_saved(memoryview(restoring(node("m", "WriteFile"))), FILE), FILE)


def check_restoring(content: bytes) -> None:
    operations.check_restoring(read_saved(memoryview(content), FILE), FILE)


@pytest.mark.parametrize("source", ["prefix", "same:output:0"])
def test_reading_weights_in_a_function_is_taken(source: str) -> None:
    check_restoring(restoring_in_a_function(source, "file", "v"))


@pytest.mark.parametrize(
    "content",
    [
        restoring(source="names"),
        restoring(node("m", "Identity", "names"), source="m"),
        restoring(node("m", "Pack", "file"), source="m"),
        restoring(node("m", "PlaceholderWithDefault", "names"), source="m"),
        restoring(node("m", "RestoreV2", "file", "names"), source="m:1"),
        restoring(node("m", "Identity", "m"), source="m"),
        restoring_in_a_function("own:output:0", "file", "v"),
        restoring_in_a_function("prefix", "other", "v"),
        restoring_in_a_function("prefix", "v", "file"),
        restoring_in_a_function("variable", "file", "other"),
        restoring_in_a_function("prefix", "file", "v", argument=field(5, "N")),
    ],
)
def test_weights_come_from_no_file_that_the_graph_names(content: bytes) -> None:
    with pytest.raises(InvalidModel, match="names a file of its own"):
        check_restoring(content)


def test_the_place_of_the_weights_is_fed_where_nothing_else_comes_out() -> None:
    content = restoring(node("m", "StatefulPartitionedCall"), source="m:1", filename="m:0")
    with pytest.raises(InvalidModel, match="names a file of its own"):
        check_restoring(content)


def test_signatures_are_read() -> None:
    read = read_saved(memoryview(restoring()), FILE)
    assert read.signatures["serving_default"].outputs == {"scores": "y:0"}
    assert (read.filename, read.restoring) == ("file:0", "restore_all")


@pytest.mark.parametrize("content", [b"", b"hello world", b"\x0a\xff\xff\xff\xff\x07", frozen([])[:-3]])
def test_what_is_no_graph_is_named(content: bytes) -> None:
    with pytest.raises(InvalidModel, match=r"^some.pb is no TensorFlow graph: "):
        read_frozen(memoryview(content), FILE)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_graph_or_refused(content: bytes) -> None:
    for read in (read_frozen, read_saved):
        try:
            read(memoryview(content), FILE)
        except InvalidModel as refused:
            assert FILE in str(refused)


def test_the_list_holds_names_of_operations_in_order() -> None:
    names = operations.LIST.read_text(encoding="ascii").splitlines()
    assert names == sorted(set(names))
    assert not operations.harmless() & operations.OF_SAVERS


def test_without_tensorflow_the_extra_is_named() -> None:
    program = (
        "import sys; sys.modules['tensorflow'] = None\n"
        "from image_tagger import plugins\n"
        "from image_tagger.domain.errors import MissingExtra\n"
        "try: plugins.load('image_tagger.models.runtimes', 'tensorflow')\n"
        "except MissingExtra as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout == "TensorFlow is not installed: `pip install 'image-tagger[tensorflow]'`\n"
