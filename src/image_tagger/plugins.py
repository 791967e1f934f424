"""Plug-in folders: every module of a folder is a plug-in, and its file name is the name users type."""

import pkgutil
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from types import ModuleType

from image_tagger.domain.errors import InvalidRequest


@cache
def names(package: str) -> tuple[str, ...]:
    """Names of all plug-ins of a package such as `image_tagger.models.runtimes`, third parties' included, sorted."""
    own = {module.name for module in pkgutil.iter_modules(import_module(package).__path__)}
    return tuple(sorted(own | {point.name for point in entry_points(group=package)}))


def load(package: str, name: str) -> ModuleType:
    """The plug-in's module. A name that is none of `names` never reaches the import system.

    Raises InvalidRequest for an unknown name.
    """
    if name not in names(package):
        kind = package.rpartition(".")[2]
        raise InvalidRequest(f"{name!r} is none of the {kind}: {', '.join(names(package))}")
    for point in entry_points(group=package):
        if point.name == name:
            module: ModuleType = point.load()
            return module
    return import_module(f"{package}.{name}")
