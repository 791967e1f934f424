"""The client's flattening of JSON into form parts, undone: `inputs[0]image.bbox.xmin` is a path into the body."""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from image_tagger.domain.errors import InvalidRequest

KEY = r"[^.\[\]]+"
NAME = re.compile(rf"{KEY}(?:\.{KEY}|\[\d{{1,6}}\](?:{KEY})?)*")
STEP = re.compile(rf"\[(\d+)\]|({KEY})")
DEEPEST = 32
Path = tuple[str | int, ...]
Tree = dict[str | int, Any]


def unflattened(parts: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The object whose leaves these are. Raises InvalidRequest for names that make no sense, or not together."""
    top: Tree = {}
    for name, value in parts:
        path = _path(name)
        _put(top, path, value, name)
    return {str(key): _lists(value) for key, value in top.items()}


def _path(name: str) -> Path:
    if not NAME.fullmatch(name):
        raise InvalidRequest(f"the part {name[:80]!r} is no name of a field")
    path = tuple(int(index) if index else key for index, key in STEP.findall(name))
    if len(path) > DEEPEST:
        raise InvalidRequest(f"the part {name[:80]!r} lies too deep")
    return path


def _put(top: Tree, path: Path, value: Any, name: str) -> None:
    place = top
    for step, following in pairwise(path):
        place = place.setdefault(step, {})
        if not isinstance(place, dict) or any(isinstance(key, int) != isinstance(following, int) for key in place):
            raise InvalidRequest(f"the part {name[:80]!r} contradicts another one")
    if path[-1] in place:
        raise InvalidRequest(f"the part {name[:80]!r} contradicts another one")
    place[path[-1]] = value


def _lists(value: Any) -> Any:
    """Objects whose keys are numbers are lists, in the order of the numbers."""
    if not isinstance(value, dict):
        return value
    if any(isinstance(key, int) for key in value):
        return [_lists(value[index]) for index in sorted(value)]
    return {key: _lists(inner) for key, inner in value.items()}
