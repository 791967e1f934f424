"""The fastest event loop there is, so that load and image host leave the processor to the server."""

import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end: on uvloop, and on Windows, where there is none, on asyncio."""
    if sys.platform == "win32":
        import asyncio  # noqa: PLC0415 - the other branch needs the other library

        return asyncio.run(main)
    import uvloop  # noqa: PLC0415 - not there on Windows

    return uvloop.run(main)
