"""What `image-tagger doctor` looks at, one finding after the other."""

import asyncio
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

from image_tagger import plugins
from image_tagger.domain.errors import TaggerError
from image_tagger.domain.specs import Version
from image_tagger.jobs.office import FILE
from image_tagger.settings import Settings, read_settings

RUNTIMES = "image_tagger.models.runtimes"
MODERN = (".avif", ".heic", ".webp")  # formats that depend on how the imaging libraries were built


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    name: str
    good: bool
    text: str


def findings() -> Iterator[Finding]:
    """Everything that is looked at, one after the other, so that the first lines show before the last check ends."""
    yield Finding("image-tagger", True, f"{version('image-tagger')} on Python {platform.python_version()}")
    libraries = (_looked("ONNX Runtime", _onnx_runtime), _looked("picture formats", _formats))
    yield from libraries
    try:
        settings = read_settings()
    except TaggerError as error:
        yield Finding("settings", False, str(error))
        return
    yield Finding("settings", True, "every value fits")
    yield _data_folder(settings)
    if settings.database_url.get_secret_value() or (settings.data_dir / FILE).exists():
        yield _looked("database", partial(_database, settings))
    if all(finding.good for finding in libraries):
        yield from _models(settings)


def _looked(name: str, look: Callable[[], Finding]) -> Finding:
    """What a check finds, or what kept it from looking."""
    try:
        return look()
    except (ImportError, OSError) as error:  # a library, or one that it needs, is missing or for another machine
        return Finding(name, False, f"cannot be imported: {error}")
    except TaggerError as error:
        return Finding(name, False, str(error))


def _onnx_runtime() -> Finding:
    onnx = plugins.load(RUNTIMES, "onnx")
    return Finding("ONNX Runtime", True, f"{onnx.library_version()}, providers: {', '.join(onnx.providers())}")


def _formats() -> Finding:
    from image_tagger.media.suffixes import picture_suffixes  # noqa: PLC0415 - it may not be importable

    missing = [suffix for suffix in MODERN if suffix not in picture_suffixes()]
    if missing:
        return Finding("picture formats", False, f"cannot read {', '.join(missing)}")
    return Finding("picture formats", True, f"{len(picture_suffixes())} file suffixes, {', '.join(MODERN)} among them")


def _data_folder(settings: Settings) -> Finding:
    folder = settings.data_dir.absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    good = existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
    return Finding("data folder", good, f"{folder}{'' if good else ' cannot be written'}")


def _database(settings: Settings) -> Finding:
    from image_tagger.services import office_of  # noqa: PLC0415 - only where its libraries are there

    async def check() -> None:
        office = office_of(settings)
        try:
            await office.database.check()
        finally:
            await office.close()

    asyncio.run(check())
    return Finding("database", True, "can be written, and its tables are those of this release")


def _models(settings: Settings) -> Iterator[Finding]:
    from image_tagger.cli.shelving import broken  # noqa: PLC0415 - only where its libraries are there
    from image_tagger.models.catalog import standard_catalog  # noqa: PLC0415 - the same

    try:
        catalog = standard_catalog(settings.model_aliases, settings.default_model, settings.data_dir)
    except TaggerError as error:
        yield Finding("models", False, str(error))
        return
    for one in catalog.versions:
        if one.golden is not None:
            yield _looked(f"model {one.name}", partial(_golden, one, settings))
    for name, reason in broken(settings):
        yield Finding(f"model {name}", False, reason)


def _golden(one: Version, settings: Settings) -> Finding:
    from image_tagger.models import contract  # noqa: PLC0415 - only where its libraries are there
    from image_tagger.models.loaded import load  # noqa: PLC0415 - the same
    from image_tagger.services import granted  # noqa: PLC0415 - the same

    agreement = contract.verify(load(one, settings.device, granted(settings)))
    pictures = f"golden answers of {agreement.pictures} pictures in {one.network.runtime}"
    text = f"{pictures}, largest difference {agreement.difference:.1e}"
    return Finding(f"model {one.name}", agreement.kept, f"{text} (allowed: {agreement.tolerance:.1e})")
