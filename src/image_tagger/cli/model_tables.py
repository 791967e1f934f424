"""What `image-tagger models list` and `models show` write."""

import json
from collections.abc import Iterator
from typing import Any

import typer

from image_tagger.cli.output import visible
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.specs import Version
from image_tagger.models.catalog import MODELS, Catalog, standard_catalog
from image_tagger.models.names import model_name
from image_tagger.models.shelf import Shelf
from image_tagger.settings import Settings, read_settings

HEADER = ("model", "labels", "input", "runtime", "what it is")
MEGABYTE = 1e6


def catalog_of(settings: Settings) -> Catalog:
    """The models of this installation."""
    return standard_catalog(settings.model_aliases, settings.default_model, settings.data_dir)


def shelf_of(settings: Settings) -> Shelf:
    """The models that were pulled."""
    return Shelf(settings.data_dir / MODELS)


def print_list(*, as_json: bool) -> None:
    """All models. Raises UnknownModel and InvalidModel where the settings or a model are wrong."""
    settings = read_settings()
    catalog, shelf = catalog_of(settings), shelf_of(settings)
    if as_json:
        described = [_described(catalog, shelf, version) for version in catalog.versions]
        typer.echo(json.dumps(described, indent=2))
    else:
        _print_table([HEADER, *_rows(catalog, shelf)])


def print_one(name: str, *, as_json: bool) -> None:
    """One model with its labels. Raises UnknownModel."""
    settings = read_settings()
    catalog = catalog_of(settings)
    version = catalog.version(name)
    described = _described(catalog, shelf_of(settings), version)
    if as_json:
        typer.echo(json.dumps({**described, "label_names": version.spec.labels.names}, indent=2))
        return
    lines = {**{key: value for key, value in described.items() if key != "about"}, **described["about"]}
    width = max(map(len, lines))
    for key, value in lines.items():
        typer.echo(f"{key.ljust(width)}  {visible(_text(value))}")
    typer.echo(f"\n{visible('; '.join(version.spec.labels.names))}")


def _described(catalog: Catalog, shelf: Shelf, version: Version) -> dict[str, Any]:
    size = version.network.preprocessing.size
    revisions, size_on_disk = _on_shelf(shelf, version)
    return {
        "name": version.name,
        "aliases": [alias for alias, name in catalog.aliases if name == version.name],
        "default": version == catalog.default,
        "labels": len(version.spec.labels),
        "input": [size.width, size.height],
        "runtime": version.network.runtime,
        "postprocessing": version.spec.postprocessing,
        "revisions": revisions,
        "bytes": size_on_disk,
        "about": dict(version.about),
    }


def _on_shelf(shelf: Shelf, version: Version) -> tuple[list[str], int | None]:
    """Revisions, the one in use first, and bytes on disk; of a model that was not pulled none."""
    try:
        name = model_name(version.name)
    except InvalidRequest:
        return [], None
    revisions = list(shelf.revisions(name))
    return revisions, shelf.bytes_of(name) if revisions else None


def _rows(catalog: Catalog, shelf: Shelf) -> Iterator[tuple[str, ...]]:
    for version in catalog.versions:
        size, mark = version.network.preprocessing.size, " (default)" if version == catalog.default else ""
        labels, about = str(len(version.spec.labels)), visible(dict(version.about).get("description", ""))
        yield version.name + mark, labels, f"{size.width} x {size.height}", version.network.runtime, about
    for name in shelf.usable_names():
        if reason := shelf.complaint(name):
            yield str(name), "", "", "", f"broken: {visible(reason)}"
    for alias, meant in catalog.aliases:
        yield alias, "", "", "", f"alias of {meant}"


def _text(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _print_table(rows: list[tuple[str, ...]]) -> None:
    """Columns of text. Nothing is cut, so that every name can be copied; only the last column may wrap."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
