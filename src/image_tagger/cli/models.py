"""`image-tagger models`: which models there are."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from image_tagger.models.catalog import Catalog

app = typer.Typer(no_args_is_help=True)
HEADER = ("model", "labels", "input", "runtime", "what it is")


@app.callback()
def models() -> None:
    """Look at the models of this installation."""


@app.command("list")
def list_models(*, as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """List the models and their other names.

    Each name can be used in `--model` and `IMAGE_TAGGER_DEFAULT_MODEL`.

    \b
    Examples:
      image-tagger models list
      image-tagger models list --json
    """
    from image_tagger.models.catalog import standard_catalog  # noqa: PLC0415 - help shows without it
    from image_tagger.settings import read_settings  # noqa: PLC0415 - the same

    settings = read_settings()
    catalog = standard_catalog(settings.model_aliases, settings.default_model)
    if as_json:
        typer.echo(json.dumps([*_described(catalog)], indent=2))
    else:
        _print_table([HEADER, *_rows(catalog)])


def _described(catalog: "Catalog") -> list[dict[str, Any]]:
    return [
        {
            "name": version.name,
            "aliases": [alias for alias, name in catalog.aliases if name == version.name],
            "default": version == catalog.default,
            "labels": len(version.spec.labels),
            "input": [version.network.preprocessing.size.width, version.network.preprocessing.size.height],
            "runtime": version.network.runtime,
            "about": dict(version.about),
        }
        for version in catalog.versions
    ]


def _rows(catalog: "Catalog") -> Iterator[tuple[str, ...]]:
    for version in catalog.versions:
        size, mark = version.network.preprocessing.size, " (default)" if version == catalog.default else ""
        labels, about = str(len(version.spec.labels)), dict(version.about).get("description", "")
        yield version.name + mark, labels, f"{size.width} x {size.height}", version.network.runtime, about
    for alias, name in catalog.aliases:
        yield alias, "", "", "", f"alias of {name}"


def _print_table(rows: list[tuple[str, ...]]) -> None:
    """Columns of text. Nothing is cut, so that every name can be copied; only the last column may wrap."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
