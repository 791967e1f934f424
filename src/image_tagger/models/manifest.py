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
    Align,
    Channels,
    Constant,
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
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, OSError) as error:
        raise InvalidModel(f"the {NAME} of {folder.name!r} is incomplete or wrong: {_reason(error)}") from error
    except TaggerError as error:
        raise InvalidModel(f"the {NAME} of {folder.name!r} is wrong: {error}") from error
    return version


def check_hashes(network: Network) -> None:
    """Raises InvalidModel where a file of the network is not there, or not the one that was described."""
    around = network.file if network.file.is_dir() else network.file.parent
    described = [(network.file.name, network.file, network.sha256)]
    for name, file, known in (*described, *((name, around / name, known) for name, known in network.companions)):
        try:
            found = sha256(file)
        except OSError as error:
            raise InvalidModel(f"{name} cannot be read: {error.strerror}") from error
        if found != known:
            raise InvalidModel(f"{name} is not the file that was described: its SHA-256 is {found}")


def sha256(file: Path) -> str:
    """Of a file's content, in hexadecimal; of a folder, that of its files' hashes and names, as `sha256sum` lists them.

    The names are sorted, and relative to the folder. Raises OSError.
    """
    if file.is_dir():
        names = sorted(path.relative_to(file).as_posix() for path in file.rglob("*") if path.is_file())
        listing = "".join(f"{sha256(file / name)}  {name}\n" for name in names)
        return hashlib.sha256(listing.encode()).hexdigest()
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _version(folder: Path, table: dict[str, Any]) -> Version:
    return Version(
        name=str(table["name"]),
        network=_network(folder, table["network"], _preprocessing(folder, table["preprocessing"])),
        spec=_spec(folder, table["spec"]),
        golden=_golden(folder, table["golden"]) if "golden" in table else None,
        about=tuple((str(key), str(value)) for key, value in table.get("about", {}).items()),
    )


def _network(folder: Path, table: dict[str, Any], preprocessing: Preprocessing) -> Network:
    file = _inside(folder, table["file"])
    around = file if file.is_dir() else file.parent
    companions = table.get("companions", {})
    return Network(
        file,
        str(table["runtime"]),
        preprocessing,
        str(table["sha256"]),
        companions=tuple((_named_inside(around, name), str(known)) for name, known in companions.items()),
        tensor=str(table.get("tensor", "")),
        constants=tuple(map(_constant, table.get("constants", ()))),
        outputs=tuple(map(str, table.get("outputs", ()))),
        batched=_truth(table.get("batched", True)),
        options=tuple(table.get("options", {}).items()),
    )


def _constant(table: dict[str, Any]) -> Constant:
    data = tuple(entry if isinstance(entry, str) else float(entry) for entry in table["data"])
    element = Element(table.get("element", Element.FLOAT32))
    return Constant(str(table["tensor"]), tuple(map(int, table["shape"])), data, element)


def _preprocessing(folder: Path, table: dict[str, Any]) -> Preprocessing:
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
        fill=_colour(table.get("fill", (255, 255, 255))),
        align=Align(table.get("align", Align.CENTRE)),
        multiple=int(table.get("multiple", 1)),
        mean_file=_inside(folder, table["mean_file"]) if "mean_file" in table else None,
        reducing_gap=float(table.get("reducing_gap", 0.0)),
    )


def _spec(folder: Path, table: dict[str, Any]) -> Spec:
    labels = LabelSet(tuple(_lines(folder, table["labels"])))
    hierarchy = Hierarchy.of_groups(labels, _lines(folder, table["hierarchy"])) if "hierarchy" in table else None
    options = tuple((name, _option(value)) for name, value in table.get("options", {}).items())
    return Spec(
        labels,
        str(table["postprocessing"]),
        options,
        hierarchy,
        sure=float(table.get("sure", 0.0)),
        thresholds=_thresholds(table.get("thresholds", ()), len(labels)),
    )


def _thresholds(value: Any, labels: int) -> tuple[float, ...]:
    """One for each label, or one number for all of them."""
    return (float(value),) * labels if isinstance(value, int | float) else tuple(map(float, value))


def _option(value: Any) -> float | str | bool | tuple[float, ...]:
    """A list is one of numbers; lists of such, as pairs of anchors, are joined."""
    if not isinstance(value, list):
        scalar: float | str | bool = value
        return scalar
    return tuple(float(number) for one in value for number in (one if isinstance(one, list) else (one,)))


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


def _named_inside(folder: Path, name: str) -> str:
    return _inside(folder, name).relative_to(folder).as_posix()


def _channels(values: Any) -> tuple[float, float, float]:
    first, second, third = values
    return float(first), float(second), float(third)


def _colour(values: Any) -> tuple[int, int, int]:
    red, green, blue = values
    return int(red), int(green), int(blue)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    return (error.strerror or "unreadable") if isinstance(error, OSError) else str(error)
