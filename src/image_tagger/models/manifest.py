"""`model.toml`: a folder with a network, its labels and its golden answers -> a version."""

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import fields
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
MOST_BYTES = 16 * 1024**2  # of a text; the labels of ImageNet-21k have half of one
TABLES = {"network": Network, "preprocessing": Preprocessing, "spec": Spec, "golden": Golden}


def read_version(folder: Path, *, hashed: bool = True, called: str = "") -> Version:
    """The version that a folder's `model.toml` describes; with `hashed` the network's files are read and compared, too.

    called: what messages call the model; else as the folder.
    Raises InvalidModel for a missing or contradicting entry, a missing file, and a network whose hash is another.
    """
    called = called or folder.name
    try:
        table = tomllib.loads(_text(folder / NAME))
        version = _version(folder, table)
        _check_entries(table)
        if hashed:
            check_hashes(version.network)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, OSError) as error:
        raise InvalidModel(f"the {NAME} of {called!r} is incomplete or wrong: {_reason(error)}") from error
    except TaggerError as error:
        raise InvalidModel(f"the {NAME} of {called!r} is wrong: {error}") from error
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
        size=_size(table["size"]),
        resize=Resize(table.get("resize", Resize.CROP)),
        fraction=float(table.get("fraction", 1.0)),
        filter=Filter(table.get("filter", Filter.BILINEAR)),
        scale=float(table.get("scale", 1 / 255)),
        mean=_channels(table.get("mean", (0, 0, 0))),
        std=_channels(table.get("std", (1, 1, 1))),
        layout=Layout(table.get("layout", Layout.NCHW)),
        element=Element(table.get("element", Element.FLOAT32)),
        before_crop=_size(table["before_crop"]) if "before_crop" in table else None,
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
    return _text(_inside(folder, name)).splitlines()


def _text(file: Path) -> str:
    """Some editors put a mark in front of UTF-8."""
    if file.stat().st_size > MOST_BYTES:
        raise ValueError(f"{file.name} has more than {MOST_BYTES // 1024**2} megabytes")
    return file.read_text(encoding="utf-8-sig")


def _golden(folder: Path, table: dict[str, Any]) -> Golden:
    return Golden(_inside(folder, table["file"]), float(table["tolerance"]))


def _inside(folder: Path, name: Any) -> Path:
    """A file of the folder; a model may not name files elsewhere, nor pipes, which would be waited for."""
    if not isinstance(name, str):
        raise ValueError(f"{name!r} is no name of a file")  # noqa: TRY004 - what a value is like, not the code
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()):
        raise InvalidModel(f"{name!r} lies outside the model's folder")
    if file.exists() and not (file.is_file() or file.is_dir()):
        raise InvalidModel(f"{name!r} is no file")
    return file


def _named_inside(folder: Path, name: str) -> str:
    return _inside(folder, name).relative_to(folder).as_posix()


def _size(values: Any) -> Size:
    width, height = _wholes(values, 2)
    return Size(width, height)


def _channels(values: Any) -> tuple[float, float, float]:
    if len(values) != 3:
        raise ValueError(f"{values} is not a number for each of three channels")
    first, second, third = values
    return float(first), float(second), float(third)


def _colour(values: Any) -> tuple[int, int, int]:
    red, green, blue = _wholes(values, 3)
    return red, green, blue


def _wholes(values: Any, count: int) -> Sequence[int]:
    if len(values) != count or not all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        raise ValueError(f"{list(values)} is not {count} whole numbers")
    wholes: Sequence[int] = values
    return wholes


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")  # noqa: TRY004 - what a value is like, not the code
    return value


def _check_entries(table: dict[str, Any]) -> None:
    """A misspelt name would be passed over, and the answers be wrong."""
    parts = [("a model", table, {"name", "about", *TABLES})]
    parts += [(f"[{name}]", table.get(name, {}), _names(made)) for name, made in TABLES.items()]
    parts += [("a constant", constant, _names(Constant)) for constant in table["network"].get("constants", ())]
    for called, entries, known in parts:
        if unknown := sorted(entries.keys() - known):
            raise ValueError(f"{called} has no entry {unknown[0]!r}; it has: {', '.join(sorted(known))}")


def _names(made: type) -> set[str]:
    return {field.name for field in fields(made)} - TABLES.keys()  # a network's preprocessing has a table of its own


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    if isinstance(error, AttributeError | TypeError):  # Python's words are about our code
        return "an entry is of the wrong kind: a number, a text, a list or a table where another is expected"
    if isinstance(error, OSError):
        return f"{Path(error.filename or NAME).name} cannot be read: {error.strerror}"
    return str(error)
