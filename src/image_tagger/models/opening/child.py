"""The process that opens networks, and pulls them: `python -m image_tagger.models.opening.child`; see `process.py`.

Standard input has the order as JSON, and standard output gets the outcome. What libraries write goes nowhere.
"""

import json
import os
import sys
from importlib import import_module
from typing import Any

from image_tagger.domain.errors import InvalidModel, TaggerError
from image_tagger.models.opening.process import about_memory, too_much

TASKS = (
    "inspection.parts:described",
    "inspection.inspecting:inspected",
    "adding.proving:proved",
    "adding.forms:converted",
    "adding.precision:lowered",
    "pulling.puller:pulled",
)
ROOM = 1.25  # bytes that may be asked for, to those that may be used; libraries ask for some that they never touch


def main() -> None:
    """Do what standard input says, once."""
    order = json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # of the process, as libraries in C write to them, too
        os.dup2(nowhere, stream)
    memory = int(order["limits"]["memory"])
    _limit(memory, float(order["limits"]["seconds"]))
    with answers:
        json.dump(_outcome(order["task"], order["asked"], memory), answers)


def _limit(memory: int, seconds: float) -> None:
    try:
        import resource  # noqa: PLC0415 - Windows has none; there the parent's clock is all
    except ImportError:
        return
    processor = int(seconds * (os.cpu_count() or 1)) + 1
    for limited, most in (
        (resource.RLIMIT_DATA, int(memory * ROOM)),  # not RLIMIT_AS: libraries reserve addresses that they never use
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limited)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limited, (least, hard))


def _outcome(task: str, asked: dict[str, Any], memory: int) -> dict[str, Any]:
    try:
        return {"answer": _perform(task, asked)}
    except TaggerError as error:
        if isinstance(error, InvalidModel) and about_memory(error):
            return _refusal(InvalidModel(f"{asked['called']} cannot be used: {too_much(memory)}"))
        return _refusal(error)
    except MemoryError:
        return _refusal(InvalidModel(f"{asked['called']} cannot be used: {too_much(memory)}"))
    except Exception as error:  # noqa: BLE001 - whatever a foreign library raises for a file that is not what it seems
        return _refusal(InvalidModel(f"{asked['called']} cannot be used: {type(error).__name__}"))


def _perform(task: str, asked: dict[str, Any]) -> Any:
    module, _, function = task.partition(":")
    if task not in TASKS:
        raise InvalidModel(f"there is no task {task!r}")
    return getattr(import_module(f"image_tagger.models.{module}"), function)(asked)


def _refusal(error: TaggerError) -> dict[str, Any]:
    return {"kind": type(error).__name__, "text": str(error)}


if __name__ == "__main__":
    main()
