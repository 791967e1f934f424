"""What a framework's name says about the files of an upload: which one is the network, and which kinds it may be."""

from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.inspection.kinds import SAVED_MODEL, Kind

VARIABLES = "variables"


@dataclass(frozen=True, slots=True)
class Framework:
    """main: patterns of the file that is the network, the first that matches exactly one counts.

    needed: files without which nothing can be done. kinds: what the content may turn out to be.
    """

    main: tuple[str, ...]
    kinds: frozenset[Kind]
    needed: tuple[str, ...] = ()


TENSORFLOW = Framework((*SAVED_MODEL, "*.pb"), frozenset({Kind.SAVED_MODEL, Kind.GRAPH_DEF}))
FRAMEWORKS = {
    "nv-caffe-0.x-mod": Framework(
        ("deploy.prototxt",), frozenset({Kind.PROTOTXT}), ("deploy.prototxt", "snapshot.caffemodel")
    ),
    "tensorflow-1.x": TENSORFLOW,
    "tensorflow-2.x": TENSORFLOW,
    "onnx": Framework(("*.onnx",), frozenset({Kind.ONNX})),
    "tflite": Framework(("*.tflite",), frozenset({Kind.TFLITE})),
    "keras": Framework(("*.keras", "*.h5", "*.hdf5"), frozenset({Kind.KERAS, Kind.HDF5})),
    "pt2": Framework(("*.pt2",), frozenset({Kind.EXPORTED})),
}


def framework(name: str) -> Framework:
    """The framework of this name. Raises InvalidModel for one that is not known."""
    if name not in FRAMEWORKS:
        raise InvalidModel(f"framework: {name[:64]!r} is none of {', '.join(FRAMEWORKS)}")
    return FRAMEWORKS[name]


def main_file(name: str, files: Collection[str]) -> str:
    """Which of an upload's files is the network. Raises InvalidModel where files lack or where it is not clear."""
    wanted = framework(name)
    if missing := [file for file in wanted.needed if file not in files]:
        raise InvalidModel(f"{name} needs the file {missing[0]}")
    for pattern in wanted.main:
        found = sorted(file for file in files if fnmatchcase(file, pattern))
        if len(found) == 1:
            return found[0]
        if found:
            raise InvalidModel(f"{name} needs one file {pattern}; there are {len(found)}")
    raise InvalidModel(f"{name} needs a file {' or '.join(wanted.main)}")


def place_of(file: str) -> str:
    """Where a file belongs in the network's folder: the variables of a SavedModel have a folder of their own."""
    return f"{VARIABLES}/{file}" if file.startswith(f"{VARIABLES}.") else file


def is_saved_model(main: str) -> bool:
    """Whether the network is the folder around this file."""
    return main in SAVED_MODEL
