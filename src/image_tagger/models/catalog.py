"""Which models there are on this machine, and what a name from a request means."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from image_tagger.domain.errors import InvalidModel, InvalidRequest, ModelUnavailable, UnknownModel
from image_tagger.domain.specs import Version
from image_tagger.models import embedded, manifest
from image_tagger.models.manifest import read_version
from image_tagger.models.names import ModelName, model_name
from image_tagger.models.shelf import Shelf

MODELS = "models"  # the folder of installed models in the data folder
PATHS = (".", "~", os.sep)  # what a path begins with; no name does


class Catalog:
    """Models by name. Aliases may name aliases; the default model answers to the empty name.

    An installed model is read when it is named first, and stays what it was then for as long as the process runs. The
    operator's names, the default model and what aliases lead to, may be paths of model folders; a caller's never are.
    """

    def __init__(
        self, folders: tuple[Path, ...], aliases: Mapping[str, str], default: str, shelf: Shelf | None = None
    ) -> None:
        """Read every folder's `model.toml`.

        Raises InvalidModel, UnknownModel for a wrong default or alias, ModelUnavailable for a default not installed.
        """
        self._versions = {version.name: version for version in map(read_version, folders)}
        self._aliases = dict(aliases)
        self._default = default
        self._shelf = shelf
        self._versions |= {path: _at(path) for path in (default, *aliases.values()) if path.startswith(PATHS)}
        self.version(default)
        for alias in self._aliases:
            self._check(alias)

    @property
    def default(self) -> Version:
        """The version used where a request names none."""
        return self.version("")

    @property
    def versions(self) -> tuple[Version, ...]:
        """All versions, by name; of an installed model the one that its name means. Broken ones are left out.

        Of a model that was pulled as owner/name@revision only, those that these names mean, under these names.
        """
        found = {version.name: version for version in self._versions.values()}
        for name in map(str, self._shelf.usable_names() if self._shelf else ()):
            with suppress(InvalidModel, ModelUnavailable, UnknownModel):  # the last two: a revision without its folder
                found.setdefault(name, self.version(name))
        return tuple(found[name] for name in sorted(found))

    @property
    def aliases(self) -> tuple[tuple[str, str], ...]:
        """Other names, each with the name of the model it leads to."""
        return tuple((alias, self._meant(alias)) for alias in sorted(self._aliases))

    def version(self, name: str) -> Version:
        """What a name means.

        Raises UnknownModel; ModelUnavailable for a name of the form owner/name that is not installed; InvalidModel.
        """
        meant = self._meant(name)
        if (known := self._versions.get(meant)) is not None:
            return known
        wanted = self._model_name(meant, name)
        installed = self._shelf.version(wanted) if self._shelf else None
        if installed is not None:
            self._versions[meant] = replace(installed, name=meant)  # with the revision, where one was asked for
            return self._versions[meant]
        if wanted.on_hub:
            raise ModelUnavailable(f"the model {meant!r} is not on this machine")
        raise self._unknown(name)

    def wanted(self, name: str) -> ModelName:
        """The model that a name leads to, installed or not. Raises UnknownModel for what cannot be one."""
        return self._model_name(self._meant(name), name)

    def _check(self, alias: str) -> None:
        try:
            self.version(alias)
        except ModelUnavailable:  # it can be pulled when it is asked for
            return

    def _meant(self, name: str) -> str:
        wanted = name or self._default
        for _ in range(len(self._aliases) + 1):  # so that aliases that name each other end
            wanted = self._aliases.get(wanted, wanted) if wanted not in self._versions else wanted
        return wanted

    def _model_name(self, meant: str, asked: str) -> ModelName:
        try:
            return model_name(meant)
        except InvalidRequest as error:
            raise self._unknown(asked) from error

    def _unknown(self, asked: str) -> UnknownModel:
        named = (name for name in self._versions if not name.startswith(PATHS))  # folders are nobody else's business
        known = {*named, *self._aliases, *map(str, self._shelf.usable_names() if self._shelf else ())}
        return UnknownModel(f"there is no model {asked or self._default!r}", known=sorted(known))


def standard_catalog(aliases: Mapping[str, str], default: str, data_dir: Path | None = None) -> Catalog:
    """The catalog of this installation: the embedded models, the pulled ones and the operator's aliases."""
    return Catalog(embedded.FOLDERS, aliases, default, Shelf(data_dir / MODELS) if data_dir else None)


def _at(path: str) -> Version:
    folder = Path(path).expanduser()
    if not (folder / manifest.NAME).is_file():
        raise UnknownModel(f"the folder {path!r} holds no {manifest.NAME}; `image-tagger models pull {path}` makes one")
    return read_version(folder)
