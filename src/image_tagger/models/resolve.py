"""From the name a user types to the version that runs."""

from image_tagger.domain.specs import Version
from image_tagger.models.catalog import Catalog


class Resolver:
    """Finds versions by name; a name may lead to a model that has to be fetched first."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def version(self, name: str) -> Version:
        """What a name means; the empty one is the default model. Raises UnknownModel and ModelUnavailable."""
        return self._catalog.version(name)
