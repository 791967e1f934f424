"""Names of models: `owner/name`, `owner/name@revision` on the hub, `name` for what came from a folder."""

import re
from dataclasses import dataclass

from image_tagger.domain.errors import InvalidRequest

PART = r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?"
NAME = re.compile(rf"(?P<repository>(?:{PART}/)?{PART})(?:@(?P<revision>{PART}(?:/{PART})*))?")
LONGEST = 96  # characters of `owner/name`, and of a revision; the hub's own limit


@dataclass(frozen=True, slots=True)
class ModelName:
    """A model that is, or could be, installed. An empty revision means the one that was pulled last by that name.

    Both parts are safe as parts of a path: no `..`, and no `--`, which joins owner and name in the folder's name.
    """

    repository: str
    revision: str = ""

    def __str__(self) -> str:
        return f"{self.repository}@{self.revision}" if self.revision else self.repository

    @property
    def on_hub(self) -> bool:
        """Whether it has the form `owner/name`, which the hub may know."""
        return "/" in self.repository

    @property
    def folder(self) -> str:
        """The name of its folder."""
        return self.repository.replace("/", "--")


def model_name(text: str) -> ModelName:
    """What the text names. Raises InvalidRequest where it cannot be the name of a model."""
    found = NAME.fullmatch(text) if len(text) <= 2 * LONGEST + 1 else None
    parts = [part or "" for part in found.groups()] if found else []
    if not parts or any(len(part) > LONGEST or ".." in part or "--" in part for part in parts):
        raise InvalidRequest(f"{text[:LONGEST]!r} is not a name of the form owner/name or owner/name@revision")
    return ModelName(*parts)
