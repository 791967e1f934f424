"""The recognition platform of a process, made when it is first needed, as the database below it is."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from image_tagger.domain.specs import Version
from image_tagger.jobs.answering import Engine
from image_tagger.jobs.office import Office

if TYPE_CHECKING:
    from image_tagger.jobs.platform import Platform
    from image_tagger.models.platform.versions import RegisteredVersions

NETWORKS = "networks"  # the folder of laid out networks in the data directory


class Reception:
    """Gives out the platform, and the versions that are registered in it."""

    def __init__(self, office: Office, data_dir: Path) -> None:
        self._office = office
        self._folder = data_dir / NETWORKS
        self._making = threading.Lock()
        self._versions: RegisteredVersions | None = None
        self._platform: Platform | None = None

    def version(self, name: str) -> Version:
        """A registered version by its name. Blocks. Raises what `RegisteredVersions.version` raises."""
        return self._registered().version(name)

    def platform(self, engine: Engine) -> "Platform":
        """The platform. Raises StoreUnavailable for the URL of a database that cannot be used."""
        if self._platform is None:
            from image_tagger.jobs.platform import Platform  # noqa: PLC0415 - imports what talks to databases

            self._platform = Platform(self._registered(), self._office.blobs, self._office.ledger, engine)
        return self._platform

    def _registered(self) -> "RegisteredVersions":
        with self._making:
            if self._versions is None:
                from image_tagger.models.platform.versions import RegisteredVersions  # noqa: PLC0415 - the same
                from image_tagger.store.registry import Registry  # noqa: PLC0415 - the same

                registry = Registry(self._office.database)
                self._versions = RegisteredVersions(registry, self._office.blobs.path, self._folder)
            return self._versions
