"""Which arguments a call writes to, by what its operator declares and by what some do without declaring it."""

from collections.abc import Iterator
from typing import Any

from image_tagger.models.formats.pt2.program import Call

STATISTICS = frozenset({"running_mean", "running_var"})  # normalisations write to these while they train
TRAINING = ("training", "train", "use_input_stats")  # flags that say so
TRAINERS = ("batch_norm_update_stats", "batch_norm_gather_stats")  # these do nothing else


def written(schema: Any, call: Call) -> tuple[str, ...]:
    """Names of arguments. schema: a torch.FunctionSchema."""
    given = dict(call.arguments)
    trains = any(given.get(flag, {}).get("as_bool") for flag in TRAINING) or any(t in call.operator for t in TRAINERS)
    names = [
        asked.name
        for asked in schema.arguments
        if (asked.alias_info is not None and asked.alias_info.is_write) or (trains and asked.name in STATISTICS)
    ]
    return tuple(name for name in names if name in given)


def named(argument: Any) -> Iterator[str]:
    """The names of all values in an argument, in whatever lists and choices they stand."""
    if isinstance(argument, dict):
        if isinstance(argument.get("name"), str):
            yield argument["name"]
        for inner in argument.values():
            yield from named(inner)
    elif isinstance(argument, list):
        for inner in argument:
            yield from named(inner)
