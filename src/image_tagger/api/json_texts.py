"""JSON of clients, read so that whatever is kept of it can be written again."""

import json
import math
from collections.abc import Iterable
from itertools import chain
from typing import Any, NoReturn

DEEPEST = 100  # levels; far below what Python can write
PLAIN = frozenset({int, bool, type(None)})  # what nothing can be wrong with


def parsed(text: bytes | bytearray | str) -> Any:
    """The value. Raises ValueError for what is no JSON, or too deep, or has numbers or texts that JSON cannot say."""
    try:
        value = json.loads(text, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    _check(value)
    return value


def _check(value: Any) -> None:
    """Level by level, in Python: to write it as a test would stop all other threads as long as that takes."""
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for one in level for inner in _inside(one) if type(inner) not in PLAIN]
        if not level:
            return
    raise ValueError("nested too deeply")


def _inside(value: Any) -> Iterable[Any]:
    """What a list or an object holds. Raises ValueError for a number or a text that cannot be written."""
    if isinstance(value, str):
        if not value.isascii():
            value.encode()  # JSON can also say halves of characters
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("a number is too large")
    elif isinstance(value, dict):
        return chain(value, value.values())
    elif isinstance(value, list):
        return value
    return ()


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)  # JSON knows neither NaN nor infinities
