"""Which models there are, and what a name from a request means."""

from collections.abc import Mapping
from pathlib import Path

from image_tagger.domain.errors import UnknownModel
from image_tagger.domain.specs import Version
from image_tagger.models import embedded
from image_tagger.models.manifest import read_version


class Catalog:
    """Models by name. Aliases may name aliases; the default model answers to the empty name."""

    def __init__(self, folders: tuple[Path, ...], aliases: Mapping[str, str], default: str) -> None:
        """Read every folder's `model.toml`. Raises InvalidModel, and UnknownModel for a wrong default or alias."""
        self._versions = {version.name: version for version in map(read_version, folders)}
        self._aliases = dict(aliases)
        self._default = default
        for name in (default, *self._aliases):
            self.version(name)

    @property
    def default(self) -> Version:
        """The version used where a request names none."""
        return self.version("")

    @property
    def versions(self) -> tuple[Version, ...]:
        """All versions, by name."""
        return tuple(self._versions[name] for name in sorted(self._versions))

    @property
    def aliases(self) -> tuple[tuple[str, str], ...]:
        """Other names, each with the name of the version it leads to."""
        return tuple((alias, self.version(alias).name) for alias in sorted(self._aliases))

    def version(self, name: str) -> Version:
        """What a name means. Raises UnknownModel."""
        wanted = name or self._default
        for _ in range(len(self._aliases) + 1):  # so that aliases that name each other end
            wanted = self._aliases.get(wanted, wanted) if wanted not in self._versions else wanted
        if wanted not in self._versions:
            known = ", ".join(sorted({*self._versions, *self._aliases}))
            raise UnknownModel(f"there is no model {name or self._default!r}; there are: {known}")
        return self._versions[wanted]


def standard_catalog(aliases: Mapping[str, str], default: str) -> Catalog:
    """The catalog of this installation: the embedded model and the operator's aliases."""
    return Catalog((embedded.FOLDER,), aliases, default)
