"""A model folder with its network in two forms: as it came, described by `native.toml`, and as ONNX, which runs."""

import tomllib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from image_tagger.domain.errors import InvalidModel
from image_tagger.models import contract
from image_tagger.models.adding.converting import NETWORK, convert
from image_tagger.models.contract import Agreement
from image_tagger.models.loaded import load
from image_tagger.models.manifest import NAME, read_version
from image_tagger.models.opening.process import LIMITS, Limits, in_child
from image_tagger.models.writing import write_version

NATIVE = "native.toml"
CALLED = "its conversion to ONNX"


def to_onnx(folder: Path, limits: Limits = LIMITS) -> Agreement:
    """Let a folder's network run as ONNX, converted and compared in another process. Blocks.

    Returns how far its answers are from the golden ones, which the folder must have. Raises InvalidModel with the
    reason why the network stays as it is, and the folder with it.
    """
    try:
        found = in_child("adding.forms:converted", {"called": CALLED, "folder": str(folder)}, CALLED, limits)
    except BaseException:
        _restore(folder)
        raise
    return Agreement(**found["agreement"])


def converted(asked: dict[str, Any]) -> dict[str, Any]:
    """The same, in this process and as JSON values."""
    folder = Path(asked["folder"])
    version = read_version(folder)
    made = convert(version, folder, asked["granted"])
    if made is None:
        raise InvalidModel(f"networks of {version.network.runtime} have no way to ONNX")
    agreement = contract.check(load(made, "cpu"))
    difference = f"{agreement.difference:.1e}"
    if not agreement.kept:
        allowed = f"allowed: {agreement.tolerance:.1e}"
        raise InvalidModel(f"exported to ONNX its answers differ from its golden ones by {difference} ({allowed})")
    (folder / NAME).rename(folder / NATIVE)
    note = ("converted", f"from {version.network.runtime} to ONNX; largest difference {difference}")
    write_version(folder, replace(made, about=(*version.about, note)))
    return {"agreement": asdict(agreement)}


def to_native(folder: Path, runtime: str) -> None:
    """Let a folder's network run as it came, where `runtime` is the one for that. Raises InvalidModel."""
    try:
        described = tomllib.loads((folder / NATIVE).read_text(encoding="utf-8"))
        fits = described["network"]["runtime"] == runtime
    except FileNotFoundError:
        return
    except (LookupError, TypeError, ValueError, OSError) as error:
        raise InvalidModel(f"the {NATIVE} of {folder.name!r} cannot be read") from error
    if fits:
        _restore(folder)


def _restore(folder: Path) -> None:
    if (folder / NATIVE).is_file():
        (folder / NATIVE).replace(folder / NAME)
    (folder / NETWORK).unlink(missing_ok=True)
