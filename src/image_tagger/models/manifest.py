"""`model.toml`: a folder with a network, its labels and its golden answers -> a version."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any

from image_tagger.domain.errors import InvalidModel, TaggerError
from image_tagger.domain.geometry import Size
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.specs import (
    Element,
    Filter,
    Golden,
    Layout,
    Network,
    Preprocessing,
    Resize,
    Spec,
    Version,
)

NAME = "model.toml"


def read_version(folder: Path) -> Version:
    """The version that a folder's `model.toml` describes.

    Raises InvalidModel for a missing or contradicting entry, a missing file, and a network whose hash is another.
    """
    try:
        table = tomllib.loads((folder / NAME).read_text(encoding="utf-8"))
        return _version(folder, table)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise InvalidModel(f"the {NAME} of {folder.name!r} is incomplete or wrong: {_reason(error)}") from error
    except TaggerError as error:
        raise InvalidModel(f"the {NAME} of {folder.name!r} is wrong: {error}") from error


def _version(folder: Path, table: dict[str, Any]) -> Version:
    return Version(
        name=str(table["name"]),
        network=_network(folder, table["network"], _preprocessing(table["preprocessing"])),
        spec=_spec(folder, table["spec"]),
        golden=_golden(folder, table["golden"]) if "golden" in table else None,
        about=tuple((str(key), str(value)) for key, value in table.get("about", {}).items()),
    )


def _network(folder: Path, table: dict[str, Any], preprocessing: Preprocessing) -> Network:
    file = _inside(folder, table["file"])
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != table["sha256"]:
        raise InvalidModel(f"{file.name} is not the file that was described: its SHA-256 is {found}")
    return Network(file, str(table["runtime"]), preprocessing, found)


def _preprocessing(table: dict[str, Any]) -> Preprocessing:
    width, height = table["size"]
    return Preprocessing(
        size=Size(width, height),
        resize=Resize(table.get("resize", Resize.CROP)),
        fraction=float(table.get("fraction", 1.0)),
        filter=Filter(table.get("filter", Filter.BILINEAR)),
        scale=float(table.get("scale", 1 / 255)),
        mean=_channels(table.get("mean", (0, 0, 0))),
        std=_channels(table.get("std", (1, 1, 1))),
        layout=Layout(table.get("layout", Layout.NCHW)),
        element=Element(table.get("element", Element.FLOAT32)),
    )


def _spec(folder: Path, table: dict[str, Any]) -> Spec:
    names = _inside(folder, table["labels"]).read_text(encoding="utf-8").splitlines()
    return Spec(LabelSet(tuple(names)), str(table["postprocessing"]), tuple(table.get("options", {}).items()))


def _golden(folder: Path, table: dict[str, Any]) -> Golden:
    return Golden(_inside(folder, table["file"]), float(table["tolerance"]))


def _inside(folder: Path, name: str) -> Path:
    """A file of the folder; a model may not name files elsewhere."""
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()):
        raise InvalidModel(f"{name!r} lies outside the model's folder")
    return file


def _channels(values: Any) -> tuple[float, float, float]:
    red, green, blue = values
    return float(red), float(green), float(blue)


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    return (error.strerror or "unreadable") if isinstance(error, OSError) else str(error)
