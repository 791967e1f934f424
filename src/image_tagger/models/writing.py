"""A version -> `model.toml` and its labels, as `manifest.py` reads them."""

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import fields, replace
from enum import Enum
from pathlib import Path
from typing import Any

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.hierarchy import SEPARATOR, Hierarchy
from image_tagger.domain.specs import Constant, Network, Preprocessing, Spec, Version
from image_tagger.models.manifest import NAME

LABELS = "labels.txt"
HIERARCHY = "hierarchy.txt"
GOLDEN = "golden.npz"


def write_version(folder: Path, version: Version) -> None:
    """Write `model.toml`, `labels.txt` and, with groups, `hierarchy.txt`.

    The files that the version names are in the folder already. Raises InvalidModel for a label of several lines, and
    for halves of characters, which JSON can spell and no file can hold.
    """
    version = _within(folder, version)
    network, spec = version.network, version.spec
    _write_lines(folder / LABELS, spec.labels.names)
    if spec.hierarchy is not None:
        _write_lines(folder / HIERARCHY, _groups(spec.hierarchy))
    tables: dict[str, dict[str, Any]] = {
        "network": _network(network),
        "network.companions": dict(network.companions),
        "network.options": dict(network.options),
        "preprocessing": _differing(network.preprocessing),
        "spec": _spec(spec),
        "spec.options": dict(spec.options),
        "golden": {"file": version.golden.file, "tolerance": version.golden.tolerance} if version.golden else {},
        "about": dict(version.about),
    }
    text = "".join(_table(name, table) for name, table in tables.items() if table)
    _write(folder / NAME, f"name = {toml_value(version.name)}\n{text}")


def rename_model(folder: Path, name: str) -> None:
    """Give the model of a folder another name; all else in its `model.toml` stays as it is.

    Raises InvalidModel where its name does not stand on a line of its own.
    """
    file = folder / NAME
    own_name = re.compile(r"^name\s*=.*$", re.MULTILINE)  # the first is the model's: tables come after it
    text = own_name.sub(f"name = {toml_value(name)}", file.read_text(encoding="utf-8-sig"), count=1)
    if _name_in(text) != name:
        raise InvalidModel(f"its {NAME} must begin with a line `name = ...`")
    file.write_text(text, encoding="utf-8")


def _name_in(text: str) -> Any:
    try:
        return tomllib.loads(text).get("name")
    except tomllib.TOMLDecodeError:  # the old name went on behind its line
        return None


def _within(folder: Path, version: Version) -> Version:
    """The version with the paths of its files as `model.toml` has them."""
    network, golden, mean = version.network, version.golden, version.network.preprocessing.mean_file
    preprocessing = replace(network.preprocessing, mean_file=_inside(folder, mean) if mean else None)
    return replace(
        version,
        network=replace(network, file=_inside(folder, network.file), preprocessing=preprocessing),
        golden=replace(golden, file=_inside(folder, golden.file)) if golden else None,
    )


def _inside(folder: Path, file: Path) -> Path:
    return file.relative_to(folder) if file.is_relative_to(folder) else Path(file.name)


def _write_lines(file: Path, lines: Sequence[str]) -> None:
    if any(line.splitlines() != [line] for line in lines if line):
        raise InvalidModel("a label must be one line")
    _write(file, "".join(f"{line}\n" for line in lines))


def _write(file: Path, text: str) -> None:
    try:
        file.write_bytes(text.encode())
    except UnicodeEncodeError as error:
        raise InvalidModel(f"what belongs into {file.name} is no text: {error.object[error.start]!r}") from error


def _network(network: Network) -> dict[str, Any]:
    entries: dict[str, Any] = {"file": network.file, "runtime": network.runtime, "sha256": network.sha256}
    more = {"tensor": network.tensor, "constants": network.constants, "outputs": network.outputs}
    batched = {} if network.batched else {"batched": False}
    return entries | {name: value for name, value in more.items() if value} | batched


def _spec(spec: Spec) -> dict[str, Any]:
    entries: dict[str, Any] = {"labels": LABELS, "postprocessing": spec.postprocessing}
    if spec.hierarchy is not None:
        entries["hierarchy"] = HIERARCHY
    if spec.sure:
        entries["sure"] = spec.sure
    if spec.thresholds:
        entries["thresholds"] = spec.thresholds[0] if len({*spec.thresholds}) == 1 else spec.thresholds
    return entries


def _groups(hierarchy: Hierarchy) -> list[str]:
    """One line for each label: the groups around it, the outermost first."""
    return [SEPARATOR.join(hierarchy.path(position)[:-1]) for position in range(hierarchy.labels)]


def _differing(preprocessing: Preprocessing) -> dict[str, Any]:
    """What is not as it would be by default."""
    standard = Preprocessing(preprocessing.size)
    every = {field.name: getattr(preprocessing, field.name) for field in fields(Preprocessing)}
    return {name: value for name, value in every.items() if name == "size" or value != getattr(standard, name)}


def _table(name: str, entries: dict[str, Any]) -> str:
    return f"\n[{name}]\n" + "".join(f"{toml_key(key)} = {toml_value(value)}\n" for key, value in entries.items())


def toml_key(key: str) -> str:
    """A key as TOML writes it: quoted where it has to be."""
    return key if key.replace("_", "").isalnum() and key.isascii() else toml_value(key)


def toml_value(value: Any) -> str:  # noqa: PLR0911 - one line for each kind of value
    """A value of a version as TOML writes it."""
    match value:
        case Size():
            return f"[{value.width}, {value.height}]"
        case Constant():
            entries = ((field.name, getattr(value, field.name)) for field in fields(Constant))
            return f"{{{', '.join(f'{name} = {toml_value(entry)}' for name, entry in entries)}}}"
        case Path():
            return toml_value(value.as_posix())
        case Enum():
            return toml_value(value.value)
        case tuple():
            return f"[{', '.join(map(toml_value, value))}]"
        case float():
            return repr(value)
        case _:  # strings, numbers and booleans are written alike in both languages, but for what is escaped
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
