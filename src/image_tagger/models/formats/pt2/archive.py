"""The members of a `.pt2` archive that a network is made of; the others, pickles and compiled code, stay closed.

torch.export.load reads the example inputs by unpickling, evaluates expressions and guards as Python, and loads
compiled libraries that lie in the archive. None of that is needed to run the graph, so it is read here instead.
"""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.formats import archives

EXPORTED = "PyTorch ExportedProgram"  # what archives.network_in says of them
OLD = "serialized_exported_program.json"
MODEL = "models/model.json"
FOLDERS = {"weights": "data/weights/", "constants": "data/constants/"}
CONFIGURATION = "model_{}_config.json"
COMPILED = "data/aotinductor/"
TENSORS = ("weight_", "tensor_")  # how members begin that are raw bytes
MOST_TEXT = 256 * 1024**2  # bytes of JSON


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor as it lies in the archive: the bytes of its storage, and how it is laid out there."""

    content: bytes
    meta: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Contents:
    """A network's graph as JSON gives it, and its tensors by the name that the graph's signature uses."""

    graph: dict[str, Any]
    tensors: dict[str, Stored]


def read(file: Path) -> Contents:
    """Raises InvalidModel, naming the file, for what is no `.pt2` archive, or needs unpickling."""
    try:
        kind = archives.network_in(file)
        if kind != EXPORTED:
            raise InvalidModel(f"{file.name} is no PyTorch ExportedProgram; it is: {kind}")
        with zipfile.ZipFile(file) as archive:
            return _contents(archive, file.name)
    except OSError as error:
        raise InvalidModel(f"{file.name} cannot be read: {error.strerror or 'broken'}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidModel(f"{file.name} is incomplete, or of a version of torch that is not known here") from error
    except (ValueError, RecursionError, *archives.BROKEN) as error:  # RecursionError: of JSON that is nested for that
        raise InvalidModel(f"{file.name} is no PyTorch ExportedProgram: {error}") from error


def _contents(archive: zipfile.ZipFile, file: str) -> Contents:
    names = archive.namelist()
    root = names[0].partition("/")[0] + "/"
    if any(name.endswith(OLD) for name in names):
        raise InvalidModel(f"{file} keeps its weights in a pickle, as torch before 2.9 did; export it with a newer one")
    if any(name.startswith(root + COMPILED) for name in names):
        raise InvalidModel(f"{file} holds compiled code; weights are data here, never code")
    tensors: dict[str, Stored] = {}
    for kind, folder in FOLDERS.items():
        tensors |= _tensors(archive, root + folder, root + folder + CONFIGURATION.format(kind), file)
    return Contents(_json(archive, root + MODEL), tensors)


def _tensors(archive: zipfile.ZipFile, folder: str, configuration: str, file: str) -> dict[str, Stored]:
    found, contents = {}, dict[str, bytes]()
    for name, entry in _json(archive, configuration)["config"].items():
        path = str(entry["path_name"])
        if entry["use_pickle"] or not path.startswith(TENSORS) or "/" in path:
            raise InvalidModel(f"{file} keeps {name!r} in a pickle, which is never opened here")
        if path not in contents:  # tensors may share one
            contents[path] = archive.read(folder + path)
        found[name] = Stored(contents[path], entry["tensor_meta"])
    return found


def _json(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    if archive.getinfo(name).file_size > MOST_TEXT:
        raise ValueError(f"its description is larger than {MOST_TEXT} bytes")
    table = json.loads(archive.read(name))
    if not isinstance(table, dict):
        raise TypeError
    return table
