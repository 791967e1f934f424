"""`model.toml`: a folder with a network, its labels and its golden answers -> a version."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any

from image_tagger.domain.errors import InvalidModel, TaggerError
from image_tagger.domain.geometry import Size
from image_tagger.domain.hierarchy import Hierarchy
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.specs import (
    Channels,
    Element,
    Filter,
    Golden,
    Layout,
    Network,
    Preprocessing,
    Resize,
    Rounding,
    Spec,
    Version,
)

NAME = "model.toml"


def read_version(folder: Path, *, hashed: bool = True) -> Version:
    """The version that a folder's `model.toml` describes; with `hashed` the network's files are read and compared, too.

    Raises InvalidModel for a missing or contradicting entry, a missing file, and a network whose hash is another.
    """
    try:
        table = tomllib.loads((folder / NAME).read_text(encoding="utf-8"))
        version = _version(folder, table)
        if hashed:
            check_hashes(version.network)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise InvalidModel(f"the {NAME} of {folder.name!r} is incomplete or wrong: {_reason(error)}") from error
    except TaggerError as error:
        raise InvalidModel(f"the {NAME} of {folder.name!r} is wrong: {error}") from error
    return version


def check_hashes(network: Network) -> None:
    """Raises InvalidModel where a file of the network is not there, or not the one that was described."""
    for name, described in ((network.file.name, network.sha256), *network.companions):
        try:
            found = sha256(network.file.with_name(name))
        except OSError as error:
            raise InvalidModel(f"{name} cannot be read: {error.strerror}") from error
        if found != described:
            raise InvalidModel(f"{name} is not the file that was described: its SHA-256 is {found}")


def sha256(file: Path) -> str:
    """Of the file's content, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _version(folder: Path, table: dict[str, Any]) -> Version:
    return Version(
        name=str(table["name"]),
        network=_network(folder, table["network"], _preprocessing(table["preprocessing"])),
        spec=_spec(folder, table["spec"]),
        golden=_golden(folder, table["golden"]) if "golden" in table else None,
        about=tuple((str(key), str(value)) for key, value in table.get("about", {}).items()),
    )


def _network(folder: Path, table: dict[str, Any], preprocessing: Preprocessing) -> Network:
    companions = tuple((_inside(folder, name).name, str(known)) for name, known in table.get("companions", {}).items())
    file = _inside(folder, table["file"])
    return Network(file, str(table["runtime"]), preprocessing, str(table["sha256"]), companions)


def _preprocessing(table: dict[str, Any]) -> Preprocessing:
    return Preprocessing(
        size=Size(*table["size"]),
        resize=Resize(table.get("resize", Resize.CROP)),
        fraction=float(table.get("fraction", 1.0)),
        filter=Filter(table.get("filter", Filter.BILINEAR)),
        scale=float(table.get("scale", 1 / 255)),
        mean=_channels(table.get("mean", (0, 0, 0))),
        std=_channels(table.get("std", (1, 1, 1))),
        layout=Layout(table.get("layout", Layout.NCHW)),
        element=Element(table.get("element", Element.FLOAT32)),
        before_crop=Size(*table["before_crop"]) if "before_crop" in table else None,
        rounding=Rounding(table.get("rounding", Rounding.DOWN)),
        channels=Channels(table.get("channels", Channels.RGB)),
    )


def _spec(folder: Path, table: dict[str, Any]) -> Spec:
    labels = LabelSet(tuple(_lines(folder, table["labels"])))
    hierarchy = Hierarchy.of_groups(labels, _lines(folder, table["hierarchy"])) if "hierarchy" in table else None
    options, sure = tuple(table.get("options", {}).items()), float(table.get("sure", 0.0))
    return Spec(labels, str(table["postprocessing"]), options, hierarchy, sure)


def _lines(folder: Path, name: str) -> list[str]:
    return _inside(folder, name).read_text(encoding="utf-8").splitlines()


def _golden(folder: Path, table: dict[str, Any]) -> Golden:
    return Golden(_inside(folder, table["file"]), float(table["tolerance"]))


def _inside(folder: Path, name: str) -> Path:
    """A file of the folder; a model may not name files elsewhere."""
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()):
        raise InvalidModel(f"{name!r} lies outside the model's folder")
    return file


def _channels(values: Any) -> tuple[float, float, float]:
    first, second, third = values
    return float(first), float(second), float(third)


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    return (error.strerror or "unreadable") if isinstance(error, OSError) else str(error)
