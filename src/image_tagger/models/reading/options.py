"""The options of a postprocessing, read and checked; a mistake is named, not passed over."""

from collections.abc import Collection
from enum import StrEnum
from math import inf
from typing import TypeVar

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.specs import Spec

W = TypeVar("W", bound=StrEnum)


class Options:
    """What a specification says to its postprocessing. Everything raises InvalidModel for what cannot be meant."""

    def __init__(self, spec: Spec, known: Collection[str]) -> None:
        """`known`: the names that the postprocessing reads."""
        self._values = dict(spec.options)
        self._of = spec.postprocessing
        if unknown := sorted(self._values.keys() - set(known)):
            raise InvalidModel(f"{self._of} has no option {unknown[0]!r}; it has: {', '.join(sorted(known))}")

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def number(self, name: str, default: float, *, least: float = 0.0, most: float = inf) -> float:
        """A number in `least`..`most`."""
        value = self._values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self._wrong(name, f"a number of at least {least:g}{f' and at most {most:g}' if most < inf else ''}")
        return float(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def word(self, name: str, default: W) -> W:
        """One of the words that the default is one of."""
        words = type(default)
        try:
            return words(str(self._values.get(name, default)))
        except ValueError as error:
            raise self._wrong(name, f"one of {', '.join(words)}") from error

    def numbers(self, name: str, default: tuple[float, ...] = (), *, count: int = 0) -> tuple[float, ...]:
        """A list of numbers, `count` of them where that is not 0."""
        values = self._values.get(name, default)
        if not isinstance(values, tuple) or any(isinstance(value, bool | str) for value in values):
            raise self._wrong(name, "a list of numbers")
        if count and name in self and len(values) != count:
            raise self._wrong(name, f"a list of {count} numbers")
        return tuple(float(value) for value in values)

    def _wrong(self, name: str, what: str) -> InvalidModel:
        return InvalidModel(f"the option {name!r} of {self._of} must be {what}, not {str(self._values[name])[:80]!r}")
