"""What `image-tagger models pull`, `remove` and `verify` do."""

import sys
from collections.abc import Iterator
from pathlib import Path

import typer

from image_tagger.cli.model_tables import catalog_of, shelf_of
from image_tagger.cli.output import visible
from image_tagger.domain.errors import InvalidRequest, TaggerError, UnknownModel
from image_tagger.domain.specs import Version
from image_tagger.models import contract, loaded
from image_tagger.models.adding.precision import Precision
from image_tagger.models.catalog import PATHS
from image_tagger.models.names import ModelName, model_name
from image_tagger.models.pulling.puller import Puller
from image_tagger.services import granted, open_limits, pull_terms
from image_tagger.settings import Settings, read_settings

GOOD, BAD = typer.style("ok ", fg="green"), typer.style("BAD", fg="red")


def pull(what: str, called: str, precision: Precision) -> str:
    """Install a model from the hub, or from a folder where `what` begins like a path; answers what is here now.

    Raises InvalidRequest for a name that cannot be one, and what `Puller` raises.
    """
    settings = read_settings()
    watched = sys.stderr.isatty()
    puller = Puller(shelf_of(settings), pull_terms(settings, progress=watched), open_limits(settings))
    if watched:
        typer.echo(f"pulling {what} ...", err=True)
    if not what.startswith(PATHS):
        if called:
            raise InvalidRequest("--name is for folders; a model of the hub keeps its name")
        name = _hub_name(what)
        return _told(name, puller.pull(name, precision))
    folder = Path(what).expanduser().resolve()
    name = model_name(called or folder.name)
    _check_free(name)
    return _told(name, puller.pull_folder(folder, name, precision))


def remove(name: str) -> str:
    """Remove a model that was pulled or added; answers what was done. Raises UnknownModel where there is none."""
    shelf, wanted = shelf_of(read_settings()), model_name(name)
    if wanted.revision:
        raise InvalidRequest("a model is removed with all its revisions; leave out what follows the @")
    if not shelf.remove(wanted):
        there = ", ".join(map(str, shelf.names())) or "none"
        raise UnknownModel(f"no model {name!r} was pulled or added; those that can be removed: {there}")
    return f"removed {wanted}"


def verify(names: list[str]) -> bool:
    """Run the golden pictures and write a line for each model; answers whether all are as they were.

    Raises UnknownModel for a name that there is not.
    """
    settings = read_settings()
    catalog = catalog_of(settings)
    versions = [catalog.version(name) for name in names] if names else catalog.versions
    outcomes = [_verified(version, settings) for version in versions]
    for name, reason in () if names else broken(settings):
        outcomes.append(False)
        typer.echo(f"{BAD} {name}: {visible(reason)}")
    return all(outcomes)


def broken(settings: Settings) -> Iterator[tuple[str, str]]:
    """Installed models that cannot even be read, with the reasons."""
    shelf = shelf_of(settings)
    for name in shelf.usable_names():
        if reason := shelf.complaint(name):
            yield str(name), reason


def _verified(version: Version, settings: Settings) -> bool:
    try:
        agreement = contract.verify(loaded.load(version, settings.device, granted(settings)))
        good = agreement.kept
        difference = f"largest difference {agreement.difference:.1e} (allowed: {agreement.tolerance:.1e})"
        text = f"{difference}, in {version.network.runtime}"
    except TaggerError as error:
        good, text = False, str(error)
    typer.echo(f"{GOOD if good else BAD} {version.name}: {text}")
    return good


def _hub_name(what: str) -> ModelName:
    name = model_name(what)
    if not name.on_hub:
        raise InvalidRequest(f"{what!r} names no model of the hub (owner/name) and no folder (./{what})")
    return name


def _check_free(name: ModelName) -> None:
    """A model of the product cannot be hidden by one from a folder."""
    if name.revision:
        raise InvalidRequest("a folder's model has no revisions; leave out what follows the @")
    settings = read_settings()
    own = {version.name for version in catalog_of(settings).versions} - set(map(str, shelf_of(settings).names()))
    if str(name) in own:
        raise InvalidRequest(
            f"{str(name)!r} is the name of a model that comes with the product; choose one with --name"
        )


def _told(name: ModelName, version: Version) -> str:
    about = dict(version.about)
    notes = "".join(f"; {about[key]}" for key in ("checked", "precision") if key in about)
    return f"{name}: {len(version.spec.labels)} labels, runs in {version.network.runtime}{notes}"
