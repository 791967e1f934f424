"""`image-tagger doctor`: what is installed, what works, whether the model gives its golden answers."""

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

import typer
from rich.console import Console

from image_tagger.cli.failure import EXIT_FAILED
from image_tagger.domain.errors import TaggerError
from image_tagger.domain.specs import Version
from image_tagger.media.suffixes import picture_suffixes
from image_tagger.models import contract
from image_tagger.models.catalog import Catalog, standard_catalog
from image_tagger.models.loaded import load
from image_tagger.models.runtimes import onnx
from image_tagger.settings import Settings, read_settings

MODERN = (".avif", ".heic", ".webp")  # formats that depend on how the imaging libraries were built


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    name: str
    good: bool
    text: str


def doctor() -> None:
    """Check this installation: libraries, execution providers, picture formats, data folder, and the golden answers.

    Ends with status 1 where something is wrong.

    Example:

        image-tagger doctor
    """
    console, sound = Console(), True
    for finding in findings():
        sound = sound and finding.good
        mark = "[green]ok [/green]" if finding.good else "[red]BAD[/red]"
        console.print(f"{mark} {finding.name:<18} {finding.text}", highlight=False, soft_wrap=True)
    if not sound:
        raise typer.Exit(EXIT_FAILED)


def findings() -> Iterator[Finding]:
    """Everything that is looked at, one after the other, so that the first lines show before the last check ends."""
    yield Finding("image-tagger", True, f"{version('image-tagger')} on Python {platform.python_version()}")
    yield Finding("ONNX Runtime", True, f"{onnx.library_version()}, providers: {', '.join(onnx.providers())}")
    yield _formats()
    try:
        settings = read_settings()
        catalog = standard_catalog(settings.model_aliases, settings.default_model)
    except TaggerError as error:
        yield Finding("settings", False, str(error))
        return
    yield _data_folder(settings)
    yield from _models(catalog)


def _formats() -> Finding:
    missing = [suffix for suffix in MODERN if suffix not in picture_suffixes()]
    if missing:
        return Finding("picture formats", False, f"cannot read {', '.join(missing)}")
    return Finding("picture formats", True, f"{len(picture_suffixes())} file suffixes, {', '.join(MODERN)} among them")


def _data_folder(settings: Settings) -> Finding:
    folder = settings.data_dir.absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    good = existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
    return Finding("data folder", good, f"{folder}{'' if good else ' cannot be written'}")


def _models(catalog: Catalog) -> Iterator[Finding]:
    for one in catalog.versions:
        if one.golden is not None:
            yield _golden(one)


def _golden(one: Version) -> Finding:
    name = f"model {one.name}"
    try:
        agreement = contract.check(load(one))
    except TaggerError as error:
        return Finding(name, False, str(error))
    text = f"golden answers of {agreement.pictures} pictures, largest difference {agreement.difference:.1e}"
    return Finding(name, agreement.kept, f"{text} (allowed: {agreement.tolerance:.1e})")
