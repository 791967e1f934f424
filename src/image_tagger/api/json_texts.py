"""JSON of clients, read so that whatever is kept of it can be written again."""

import json
from collections.abc import Iterable
from typing import Any, NoReturn

DEEPEST = 100  # levels; far below what Python can write


def parsed(text: bytes | str) -> Any:
    """The value. Raises ValueError for what is no JSON, or too deep, or has numbers or texts that JSON cannot say."""
    try:
        value = json.loads(text, parse_constant=_no_number)
        _check_depth(value)
        # finds numbers that are too large for a float and halves of surrogate pairs, which Python can read
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return
    raise ValueError("nested too deeply")


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)  # JSON knows neither NaN nor infinities
