"""The query string of `/predictions`: every violation at once, in the words of the framework the original ran on."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from image_tagger.api.dialects.predictions.urls import UrlRefused, check_url
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.selection import Selection

N = TypeVar("N", int, float)
TOP_LIMITS = (1, 1000)
CONFIDENCE_LIMITS = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing wrong with one parameter."""

    parameter: str
    message: str
    type: str
    context: Mapping[str, object] = field(default_factory=dict)

    def wire(self) -> dict[str, object]:
        """Both names of the text: `msg`, as the original sends, and `message`, as it documents."""
        entry: dict[str, object] = {
            "loc": ["query", self.parameter],
            "msg": self.message,
            "message": self.message,
            "type": self.type,
        }
        return {**entry, "ctx": dict(self.context)} if self.context else entry


class ValidationFailed(InvalidRequest):
    """At least one parameter is wrong."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__("; ".join(f"{v.parameter}: {v.message}" for v in violations))
        self.violations = violations


class _Refused(Exception):
    def __init__(self, message: str, kind: str, **context: object) -> None:
        super().__init__(message)
        self.kind, self.context = kind, context


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the client asked for; `url` character for character."""

    url: str
    selection: Selection


def read_parameters(query: Mapping[str, str]) -> Parameters:
    """The parameters of a query string. Raises ValidationFailed with all violations, in the order url, top, minconf."""
    violations: list[Violation] = []
    values: dict[str, str | int | float | None] = {}
    for name, read in (("url", _url), ("top", _top), ("minconf", _confidence)):
        try:
            values[name] = read(query.get(name))
        except _Refused as error:
            violations.append(Violation(name, str(error), error.kind, error.context))
    if violations:
        raise ValidationFailed(violations)
    return Parameters(str(values["url"]), _selection(values["top"], values["minconf"]))


def _selection(top: object, confidence: object) -> Selection:
    best = top if isinstance(top, int) else (1 if confidence is None else None)
    return Selection(top=best, min_score=confidence if isinstance(confidence, float) else 0.0)


def _url(value: str | None) -> str:
    if value is None:
        raise _Refused("field required", "value_error.missing")
    if not value:
        raise _Refused("ensure this value has at least 1 characters", "value_error.any_str.min_length", limit_value=1)
    try:
        check_url(value)
    except UrlRefused as error:
        raise _Refused(str(error), error.kind, **error.context) from error
    return value


def _top(value: str | None) -> int | None:
    if value is None:
        return None
    try:
        number = int(value)
    except ValueError as error:
        raise _Refused("value is not a valid integer", "type_error.integer") from error
    return _within(number, *TOP_LIMITS)


def _confidence(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError as error:
        raise _Refused("value is not a valid float", "type_error.float") from error
    return _within(number, *CONFIDENCE_LIMITS)


def _within(number: N, least: N, most: N) -> N:
    if number < least:
        text = f"ensure this value is greater than or equal to {least}"
        raise _Refused(text, "value_error.number.not_ge", limit_value=least)
    if number > most or math.isnan(number):
        text = f"ensure this value is less than or equal to {most}"
        raise _Refused(text, "value_error.number.not_le", limit_value=most)
    return number
