"""Which files this process opens: the servers under test run in threads of it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_listening: list[list[str]] = []


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open":
        for opened in _listening:
            opened.append(str(arguments[0]))


sys.addaudithook(_hear)  # Python has no way to take an audit hook away again


@contextmanager
def opened_files() -> Iterator[list[str]]:
    """The paths that Python code opens meanwhile; a native library's own reads are not seen."""
    opened: list[str] = []
    _listening.append(opened)
    try:
        yield opened
    finally:
        _listening.remove(opened)
