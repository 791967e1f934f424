"""The options of a postprocessing, read and checked; a mistake is named, not passed over."""

from collections.abc import Collection
from enum import StrEnum
from typing import TypeGuard, TypeVar

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.specs import Spec

LARGEST = 2.0**53  # of any number, either way; beyond it not every whole number has a float
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

    def number(self, name: str, default: float, *, least: float = 0.0, most: float = LARGEST) -> float:
        """A number in `least`..`most`."""
        value = self._values.get(name, default)
        if not (_is_number(value) and least <= value <= most):
            raise self._wrong(name, f"a number of at least {least:g} and at most {most:.16g}")
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
        if not isinstance(values, tuple) or not all(_is_number(value) and abs(value) <= LARGEST for value in values):
            raise self._wrong(name, f"a list of numbers of at most {LARGEST:.0f}")
        if count and name in self and len(values) != count:
            raise self._wrong(name, f"a list of {count} numbers")
        return tuple(float(value) for value in values)

    def sides(self, name: str) -> tuple[float, ...]:
        """A width and a height above 0; empty where the option is not given."""
        found = self.numbers(name, count=2)
        if not all(side > 0 for side in found):
            raise self._wrong(name, "a list of 2 numbers above 0")
        return found

    def _wrong(self, name: str, what: str) -> InvalidModel:
        return InvalidModel(f"the option {name!r} of {self._of} must be {what}, not {str(self._values[name])[:80]!r}")


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
