"""`image-tagger models`: which models there are."""

import typer
from rich.console import Console
from rich.table import Table

from image_tagger.models.catalog import standard_catalog
from image_tagger.settings import read_settings

app = typer.Typer(help="Look at the models of this installation.", no_args_is_help=True)


@app.callback()
def models() -> None:
    """Look at the models of this installation."""


@app.command("list")
def list_models() -> None:
    """List models and aliases: the name to use in `--model` and `IMAGE_TAGGER_DEFAULT_MODEL`, labels, runtime, input.

    Example:

        image-tagger models list
    """
    settings = read_settings()
    catalog = standard_catalog(settings.model_aliases, settings.default_model)
    table = Table("model", "labels", "input", "runtime", "what it is", box=None, pad_edge=False)
    for version in catalog.versions:
        size = version.network.preprocessing.size
        mark = " (default)" if version == catalog.default else ""
        about = dict(version.about).get("description", "")
        table.add_row(
            version.name + mark,
            str(len(version.spec.labels)),
            f"{size.width} x {size.height}",
            version.network.runtime,
            about,
        )
    for alias, name in catalog.aliases:
        table.add_row(alias, "", "", "", f"alias of {name}")
    Console().print(table)
