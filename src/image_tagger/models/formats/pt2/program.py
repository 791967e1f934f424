"""An exported program as values: what it takes, which tensors it holds, the calls it makes, and what it gives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.formats.pt2.archive import Contents, Stored

SCHEMA = 8  # the major version of the JSON that this reads
HELD = {"parameter": "parameter_name", "buffer": "buffer_name", "tensor_constant": "tensor_constant_name"}
ELEMENTS = {1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64"} | {
    10: "complex64", 12: "bool", 13: "bfloat16", 28: "uint16"
}  # fmt: skip
NAMED = frozenset({"as_tensor", "as_sym_int", "as_sym_bool", "as_sym_float"})


@dataclass(frozen=True, slots=True)
class Call:
    """One step: an operator, its arguments by name as JSON gives them, and the names of what comes out.

    gives: one entry for each result; a tuple of names where a result is a list of tensors.
    """

    operator: str
    arguments: tuple[tuple[str, dict[str, Any]], ...]
    gives: tuple[str | tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Described:
    """A tensor that is fed or given. Sides that may be any number are None."""

    name: str
    shape: tuple[int | None, ...]
    element: str


@dataclass(frozen=True, slots=True)
class Program:
    """A graph of calls, in the order in which they run."""

    inputs: tuple[Described, ...]
    outputs: tuple[Described, ...]
    held: Mapping[str, Stored]
    calls: tuple[Call, ...]


def of(contents: Contents, file: str) -> Program:
    """Raises InvalidModel, naming the file, for what cannot be run without code of its own."""
    version = contents.graph.get("schema_version", {}).get("major")
    if version != SCHEMA:
        raise InvalidModel(f"{file} is of version {version} of torch's format; {SCHEMA} is known here")
    try:
        return _program(contents, file)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InvalidModel(f"the graph in {file} is incomplete or contradicts itself") from error


def _program(contents: Contents, file: str) -> Program:
    module = contents.graph["graph_module"]
    graph, signature = module["graph"], module["signature"]
    fed, held = [], {}
    for spec in signature["input_specs"]:
        kind, entry = _only(spec)
        if kind == "user_input":
            fed.append(_tensor_name(entry["arg"], file))
        elif kind in HELD:
            held[str(entry["arg"]["name"])] = contents.tensors[entry[HELD[kind]]]
        else:
            raise InvalidModel(f"{file} takes a {kind.replace('_', ' ')}, which is no tensor")
    given = [_given(spec, file) for spec in signature["output_specs"]]
    described = graph["tensor_values"]
    return Program(
        tuple(_described(name, described[name]) for name in fed),
        tuple(_described(name, described[name]) for name in given),
        held,
        tuple(_call(node) for node in graph["nodes"]),
    )


def _given(spec: dict[str, Any], file: str) -> str:
    kind, entry = _only(spec)
    if kind != "user_output":
        raise InvalidModel(f"{file} changes its own weights when it runs ({kind.replace('_', ' ')})")
    return _tensor_name(entry["arg"], file)


def _tensor_name(argument: dict[str, Any], file: str) -> str:
    kind, value = _only(argument)
    if kind != "as_tensor":
        raise InvalidModel(f"{file} takes or gives something that is no tensor")
    return str(value["name"])


def _described(name: str, meta: dict[str, Any]) -> Described:
    return Described(name, tuple(size.get("as_int") for size in meta["sizes"]), ELEMENTS.get(meta["dtype"], ""))


def _call(node: dict[str, Any]) -> Call:
    arguments = tuple((str(one["name"]), dict(one["arg"])) for one in node["inputs"])
    return Call(str(node["target"]), arguments, tuple(_results(node["outputs"])))


def _results(outputs: list[dict[str, Any]]) -> Iterator[str | tuple[str, ...]]:
    for output in outputs:
        kind, value = _only(output)
        if kind in {"as_tensors", "as_optional_tensors"}:
            yield tuple(str(one.get("name", "")) for one in value)
        else:
            yield str(value.get("name") or value.get("as_name") or "") if kind in NAMED else ""


def _only(union: dict[str, Any]) -> tuple[str, Any]:
    """The one entry of what the format writes as a choice."""
    [(kind, value)] = union.items()
    return kind, value
