"""A TOML table written by a user, its values asked for by key; whatever is wrong is named by its key."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from image_tagger.domain.errors import InvalidRequest


def toml_key(name: str) -> str:
    """As TOML spells it."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Table:
    """`path` leads to it, with a dot at its end; `of` names the whole. Every method raises InvalidRequest."""

    values: dict[str, Any]
    path: str = ""
    of: str = "policy"

    def refuse_others(self, known: Collection[str]) -> None:
        """No other keys than the known ones."""
        for key in self.values:
            if key not in known:
                raise InvalidRequest(
                    f"the {self.of} has no key {self.path}{toml_key(key)}; there are: {', '.join(known)}"
                )

    def number(self, key: str, default: float | None = None, *, most: float) -> float:
        """A number in 0..most."""
        value = self._value(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            raise self._wrong(key, f"a number in 0..{most:g}")
        return float(value)

    def whole(self, key: str, default: int) -> int:
        """A whole number."""
        value = self._value(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(key, "a whole number")
        return value

    def word(self, key: str, words: Collection[str], default: str | None = None) -> str:
        """One of the words."""
        value = self._value(key, default)
        if not isinstance(value, str) or value not in words:
            raise self._wrong(key, " or ".join(f'"{word}"' for word in words))
        return value

    def text(self, key: str) -> str:
        """A text, empty where there is none."""
        value = self.values.get(key, "")
        if not isinstance(value, str):
            raise self._wrong(key, "a text in quotes")
        return value

    def _value(self, key: str, default: object) -> object:
        if key not in self.values and default is None:
            raise InvalidRequest(f"the {self.of} lacks {self.path}{key}")
        return self.values.get(key, default)

    def _wrong(self, key: str, what: str) -> InvalidRequest:
        return InvalidRequest(f"the {self.of}'s {self.path}{key} must be {what}, not {str(self.values[key])[:80]!r}")
