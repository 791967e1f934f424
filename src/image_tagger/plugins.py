"""Plug-in folders: every module of a folder is a plug-in, and its file name is the name users type."""

import pkgutil
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoints, entry_points
from types import ModuleType
from typing import Protocol

from image_tagger.domain.errors import InvalidRequest


class Offers(Protocol):
    """What distributions offer to each other, by the name of the group it is offered to."""

    def select(self, *, group: str) -> EntryPoints:
        """All that is offered to this group."""


@cache
def installed() -> Offers:
    """What all installed distributions offer. Looked for once, since that opens a file of each of them."""
    return entry_points()


@cache
def names(package: str) -> tuple[str, ...]:
    """Names of all plug-ins of a package such as `image_tagger.models.runtimes`, third parties' included, sorted."""
    own = {module.name for module in pkgutil.iter_modules(import_module(package).__path__)}
    return tuple(sorted(own | installed().select(group=package).names))


def load(package: str, name: str) -> ModuleType:
    """The plug-in's module. A name that is none of `names` never reaches the import system.

    Raises InvalidRequest for an unknown name.
    """
    if name not in names(package):
        kind = package.rpartition(".")[2]
        raise InvalidRequest(f"{name!r} is none of the {kind}: {', '.join(names(package))}")
    for point in installed().select(group=package):
        if point.name == name:
            module: ModuleType = point.load()
            return module
    return import_module(f"{package}.{name}")
