"""A Keras configuration: its layers, without those that bring code or read files of their own."""

import json
from collections.abc import Iterator
from typing import Any

from image_tagger.domain.errors import InvalidModel

MOST_DEPTH = 200
OWN_CODE = frozenset({"Lambda", "SlicingOpLambda", "TFOpLambda", "ClassMethod", "InstanceMethod", "__lambda__"})
READ_FILES = frozenset(
    {"FlaxLayer", "IntegerLookup", "JaxLayer", "StringLookup", "TFSMLayer", "TextVectorization", "TorchModuleWrapper"}
)
FROM_KERAS = ("keras", "tensorflow.keras", "tf_keras", "tensorflow.python.keras")  # whose modules are known
PLAIN = frozenset({"builtins", ""})
BETWEEN_PACKAGE_AND_NAME = ">"  # of a class that someone registered


def check(text: str | bytes, file: str) -> dict[str, Any]:
    """The configuration of a model as JSON -> itself, parsed.

    Raises InvalidModel naming the file and the first layer that is none of Keras' own, holds code, or reads files.
    """
    try:
        table = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidModel(f"the configuration in {file} is no JSON") from error
    if not isinstance(table, dict) or "class_name" not in table:
        raise InvalidModel(f"{file} holds weights without a network, or no Keras network")
    for described in _described(table, MOST_DEPTH, file):
        _check(described, file)
    return table


def _described(value: Any, depth: int, file: str) -> Iterator[dict[str, Any]]:
    """Every object of a class, however deep it stands."""
    if depth == 0:
        raise InvalidModel(f"the configuration in {file} is nested too deeply")
    if isinstance(value, dict):
        if "class_name" in value:
            yield value
        for inner in value.values():
            yield from _described(inner, depth - 1, file)
    elif isinstance(value, list):
        for inner in value:
            yield from _described(inner, depth - 1, file)


def _check(described: dict[str, Any], file: str) -> None:
    kind, module = str(described["class_name"]), str(described.get("module") or "")
    registered = str(described.get("registered_name") or "")
    if kind in OWN_CODE:
        raise InvalidModel(f"{file} has a layer {kind!r}, which holds code; weights are data here, never code")
    if kind in READ_FILES:
        raise InvalidModel(f"{file} has a layer {kind!r}, which reads other files or other libraries' networks")
    if BETWEEN_PACKAGE_AND_NAME in kind or BETWEEN_PACKAGE_AND_NAME in registered:
        raise InvalidModel(f"{file} needs the code of its own class {registered or kind!r}")
    if module not in PLAIN and not any(module == own or module.startswith(f"{own}.") for own in FROM_KERAS):
        raise InvalidModel(f"{file} needs the code of its own class {f'{module}.{kind}'!r}")
