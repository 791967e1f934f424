"""The models of this installation as public, read-only networks and specifications; their ids are names."""

from typing import Any

from image_tagger.api.dialects.recognition.answers import date
from image_tagger.domain.errors import InvalidModel, ModelUnavailable, UnknownModel
from image_tagger.domain.recognition import labels_as_json, labels_of
from image_tagger.domain.specs import Channels, Preprocessing, Version
from image_tagger.models.catalog import Catalog
from image_tagger.models.resolve import Resolver

Wire = dict[str, Any]
BYTE = 255.0
RESIZE = {"crop": "CROP", "shortest": "CROP", "keep": "CROP", "squash": "SQUASH", "fill": "FILL", "network": "NETWORK"}


class PublicModels:
    """Models that run here and now, and aliases of theirs."""

    def __init__(self, catalog: Catalog, resolver: Resolver) -> None:
        self._catalog = catalog
        self._resolver = resolver

    def names(self) -> tuple[str, ...]:
        """All of them, sorted. An alias of a model that was not fetched yet is left out, but may be asked for."""
        known = {*(version.name for version in self._catalog.versions), *(alias for alias, _ in self._catalog.aliases)}
        return tuple(name for name in sorted(known) if self._is_here(name))

    async def version(self, name: str) -> Version:
        """The model of a name. Raises UnknownModel for what is neither here nor an alias, ModelUnavailable."""
        if name in {alias for alias, _ in self._catalog.aliases}:
            return await self._resolver.version(name)
        try:
            return self._catalog.version(name)
        except ModelUnavailable as error:  # the hub may have it, but only aliases are fetched here
            raise UnknownModel(str(error)) from error

    def here(self, name: str) -> Version:
        """The model of one of the names."""
        return self._catalog.version(name)

    def _is_here(self, name: str) -> bool:
        try:
            self._catalog.version(name)
        except (UnknownModel, ModelUnavailable, InvalidModel):
            return False
        return True


def spec_in_listing(name: str, version: Version) -> Wire:
    """A public specification, without its outputs."""
    return {**_described(name, version), "update_date": _changed(version)}


def spec(name: str, version: Version) -> Wire:
    """A public specification."""
    return {**spec_in_listing(name, version), "outputs": [labels_as_json(labels_of(version.spec))]}


def network(name: str, version: Version) -> Wire:
    """A public network."""
    wanted = version.network
    image = {"tensor_name": wanted.tensor, "image": _preprocessing(wanted.preprocessing)}
    return {
        **_described(name, version),
        "framework": wanted.runtime,
        "preprocessing": {"inputs": [image], "batched_output": wanted.batched},
        "task_id": None,
        "create_date": _changed(version),
        "update_date": _changed(version),
    }


def _described(name: str, version: Version) -> Wire:
    about = dict(version.about)
    text = about.get("description", "")
    if name != version.name:
        text = f"A name for the model {version.name!r} of this server. {text}".strip()
    return {"id": name, "name": name, "description": text, "metadata": {**about, "model": version.name}}


def _changed(version: Version) -> str:
    try:
        return date(version.network.file.stat().st_mtime)
    except OSError:  # removed since
        return date(0)


def _preprocessing(wanted: Preprocessing) -> Wire:
    """In the protocol's words; `mean`, `std`, `fraction` and `filter` are what it has none for."""
    return {
        "dimension_order": wanted.layout.value,
        "target_size": f"{wanted.size.width}x{wanted.size.height}",
        "resize_type": RESIZE[wanted.resize.value],
        "color_channels": Channels(wanted.channels).value,
        "pixel_scaling": wanted.scale * BYTE,
        "mean_file": "",
        "data_type": wanted.element.value.upper(),
        "mean": list(wanted.mean),
        "std": list(wanted.std),
        "fraction": wanted.fraction,
        "filter": wanted.filter.value,
    }
