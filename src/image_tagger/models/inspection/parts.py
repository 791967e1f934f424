"""Which files a network consists of, starting from the one that a person names."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.inspection.kinds import Kind, is_saved_model, kind_of
from image_tagger.models.inspection.protobufs import outside_files
from image_tagger.models.opening.process import LIMITS, Limits, in_child

PAIRS = {  # what is described in one file and weighed in another: kind -> suffixes of the description and the weights
    Kind.PROTOTXT: (".prototxt", ".caffemodel"),
    Kind.CAFFEMODEL: (".prototxt", ".caffemodel"),
    Kind.DARKNET: (".cfg", ".weights"),
    Kind.DARKNET_WEIGHTS: (".cfg", ".weights"),
    Kind.OPENVINO: (".xml", ".bin"),
}
SUFFIXES = frozenset(
    {".onnx", ".tflite", ".h5", ".hdf5", ".keras", ".pb", ".pt", ".pth", ".pt2"}.union(*PAIRS.values()) - {".bin"}
)
MOST_FILES = 1000  # of a folder that are looked at
CONFIG = "config.json"
PULL = "`image-tagger models pull ./FOLDER` takes folders with config.json, preprocessor_config.json and safetensors"
DESCRIBED = {Kind.CAFFEMODEL: Kind.PROTOTXT, Kind.DARKNET_WEIGHTS: Kind.DARKNET}


@dataclass(frozen=True, slots=True)
class Parts:
    """A network's files.

    file: the one that a runtime opens, or a SavedModel's folder, with all that is in it. companions: further files, by
    their names beside it, sorted.
    """

    kind: Kind
    file: Path
    companions: tuple[str, ...] = ()


def found_parts(path: Path, limits: Limits = LIMITS) -> Parts:
    """`parts_of` in another process, since files can be made that take long to look through. Blocks."""
    asked = {"called": path.name, "path": str(path)}
    found = in_child("inspection.parts:described", asked, path.name, limits)
    return Parts(Kind(found["kind"]), Path(found["file"]), tuple(found["companions"]))


def described(asked: dict[str, Any]) -> dict[str, Any]:
    """The same, in this process and as JSON values."""
    parts = parts_of(Path(asked["path"]))
    return {"kind": parts.kind.value, "file": str(parts.file), "companions": parts.companions}


def parts_of(path: Path) -> Parts:
    """The network that a file belongs to, or the only one in a folder.

    Raises InvalidModel where it is none, and where a part is missing.
    """
    if not path.exists():
        raise InvalidModel(f"there is no file {path.name!r}")
    if path.is_dir() and not is_saved_model(path):
        return _only_one(path)
    kind = kind_of(path)
    if kind in PAIRS:
        return _pair(path, kind)
    if kind is Kind.SAFETENSORS:
        raise InvalidModel(f"{path.name} holds weights and no network; {PULL}")
    return Parts(kind, path, _outside(path) if kind is Kind.ONNX else ())


def companions_of(file: Path) -> tuple[str, ...]:
    """The names of the files beside a network's that an ONNX file takes its weights from.

    Raises InvalidModel where one is missing, or in another folder.
    """
    return _outside(file) if file.is_file() and _is_onnx(file) else ()


def _is_onnx(file: Path) -> bool:
    try:
        return kind_of(file) is Kind.ONNX
    except InvalidModel:  # of a format that only its runtime knows
        return False


def _only_one(folder: Path) -> Parts:
    """The network of a folder with nothing else that could be one."""
    names = {path.name: path for path in sorted(folder.iterdir())[:MOST_FILES]}
    if CONFIG in names and any(name.endswith(".safetensors") for name in names):
        raise InvalidModel(f"{folder.name} is a folder as on the Hugging Face hub; {PULL}")
    suffixed = [path for path in names.values() if path.suffix.lower() in SUFFIXES or is_saved_model(path)]
    if len(suffixed) == 2 and {path.suffix for path in suffixed} in map(set, PAIRS.values()):
        suffixed = suffixed[:1]
    if len(suffixed) != 1:
        found = f"{len(suffixed)} networks" if suffixed else "no network"
        raise InvalidModel(f"the folder {folder.name!r} has no model.toml and holds {found}; name a file")
    return parts_of(suffixed[0])


def _pair(path: Path, kind: Kind) -> Parts:
    described, weighed = PAIRS[kind]
    file = path if kind not in DESCRIBED else _partner(path, described)
    weights = path if kind in DESCRIBED else _partner(path, weighed)
    for part in (file, weights):
        if part.suffix != ".bin":  # OpenVINO's weights are numbers and nothing else
            kind_of(part)
    return Parts(DESCRIBED.get(kind, kind), file, (weights.name,))


def _partner(path: Path, suffix: str) -> Path:
    """The other half: with the same stem, else the only one of its suffix."""
    if (same := path.with_suffix(suffix)).is_file():
        return same
    found = sorted(path.parent.glob(f"*{suffix}"))
    if len(found) != 1:
        what = f"there are {len(found)}" if found else "there is none"
        raise InvalidModel(f"{path.name} needs a {suffix} file beside it; {what}")
    return found[0]


def _outside(file: Path) -> tuple[str, ...]:
    try:
        names = outside_files(file)
    except (OSError, ValueError) as error:
        raise InvalidModel(f"{file.name} cannot be used: {error}") from error
    for name in names:
        if name in {"", ".."} or PurePosixPath(name.replace("\\", "/")).name != name:
            raise InvalidModel(f"{file.name} cannot be used: it names weights outside of its folder: {name[:80]!r}")
        if not file.with_name(name).is_file():
            raise InvalidModel(f"{file.name} cannot be used: its weights {name[:80]!r} are not beside it")
    return names
