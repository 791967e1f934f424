"""A version -> `model.toml` and its labels, as `manifest.py` reads them."""

import json
import re
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import Any

from image_tagger.domain.geometry import Size
from image_tagger.domain.specs import Preprocessing, Version
from image_tagger.models.manifest import NAME

LABELS = "labels.txt"
GOLDEN = "golden.npz"


def write_version(folder: Path, version: Version) -> None:
    """Write `model.toml` and `labels.txt`; the files that the version names are in the folder already."""
    (folder / LABELS).write_text("".join(f"{name}\n" for name in version.spec.labels.names), encoding="utf-8")
    network, spec = version.network, version.spec
    tables: dict[str, dict[str, Any]] = {
        "network": {"file": network.file.name, "runtime": network.runtime, "sha256": network.sha256},
        "network.companions": dict(network.companions),
        "preprocessing": _differing(network.preprocessing),
        "spec": {"labels": LABELS, "postprocessing": spec.postprocessing},
        "spec.options": dict(spec.options),
        "golden": {"file": version.golden.file.name, "tolerance": version.golden.tolerance} if version.golden else {},
        "about": dict(version.about),
    }
    text = f"name = {_toml(version.name)}\n" + "".join(_table(name, table) for name, table in tables.items() if table)
    (folder / NAME).write_text(text, encoding="utf-8")


def rename_model(folder: Path, name: str) -> None:
    """Give the model of a folder another name; all else in its `model.toml` stays as it is."""
    file = folder / NAME
    own_name = re.compile(r"^name\s*=.*$", re.MULTILINE)  # the first is the model's: tables come after it
    file.write_text(own_name.sub(f"name = {_toml(name)}", file.read_text(encoding="utf-8"), count=1), encoding="utf-8")


def _differing(preprocessing: Preprocessing) -> dict[str, Any]:
    """What is not as it would be by default."""
    standard = Preprocessing(preprocessing.size)
    every = {field.name: getattr(preprocessing, field.name) for field in fields(Preprocessing)}
    return {name: value for name, value in every.items() if name == "size" or value != getattr(standard, name)}


def _table(name: str, entries: dict[str, Any]) -> str:
    return f"\n[{name}]\n" + "".join(f"{_key(key)} = {_toml(value)}\n" for key, value in entries.items())


def _key(key: str) -> str:
    return key if key.replace("_", "").isalnum() and key.isascii() else _toml(key)


def _toml(value: Any) -> str:
    match value:
        case Size():
            return f"[{value.width}, {value.height}]"
        case Enum():
            return _toml(value.value)
        case tuple():
            return f"[{', '.join(map(_toml, value))}]"
        case float():
            return repr(value)
        case _:
            return json.dumps(value)  # strings, numbers and booleans are written alike in both languages
