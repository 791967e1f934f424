"""What kind of network a file is, by its content; what cannot be run safely is refused with advice."""

from enum import StrEnum
from pathlib import Path

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.formats import archives
from image_tagger.models.inspection import protobufs, texts

HEAD = 4096  # bytes that are looked at first
PICKLES = tuple(bytes((0x80, protocol)) for protocol in range(2, 6))  # how every pickle since Python 2.3 begins
SAVED_MODEL = ("saved_model.pb", "saved_model.pbtxt")  # the graph of a SavedModel in its folder, as bytes or text


class Kind(StrEnum):
    """A format of networks."""

    ONNX = "ONNX"
    TFLITE = "TensorFlow Lite"
    HDF5 = "Keras HDF5"
    KERAS = "Keras 3"
    SAVED_MODEL = "TensorFlow SavedModel"
    GRAPH_DEF = "frozen TensorFlow graph"
    PROTOTXT = "Caffe prototxt"
    CAFFEMODEL = "Caffe weights"
    DARKNET = "Darknet configuration"
    DARKNET_WEIGHTS = "Darknet weights"
    EXPORTED = "PyTorch ExportedProgram"
    TORCHSCRIPT = "TorchScript"
    SAFETENSORS = "safetensors"
    OPENVINO = "OpenVINO IR"


RUNTIMES: dict[Kind, tuple[str, ...]] = {  # of each kind, the first that is installed is taken
    Kind.ONNX: ("onnx", "openvino"),
    Kind.TFLITE: ("tflite", "openvino"),
    Kind.HDF5: ("keras",),
    Kind.KERAS: ("keras",),
    Kind.SAVED_MODEL: ("openvino", "tensorflow"),
    Kind.GRAPH_DEF: ("openvino", "tensorflow"),
    Kind.PROTOTXT: ("opencv",),
    Kind.CAFFEMODEL: ("opencv",),
    Kind.DARKNET: ("opencv",),
    Kind.DARKNET_WEIGHTS: ("opencv",),
    Kind.EXPORTED: ("torch",),
    Kind.TORCHSCRIPT: ("torchscript",),
    Kind.SAFETENSORS: ("transformers",),
    Kind.OPENVINO: ("openvino",),
}
CONVERTED = {  # kinds that another runtime than the first makes ONNX of; it is taken where the ONNX will run
    Kind.SAVED_MODEL: "tensorflow",
    Kind.GRAPH_DEF: "tensorflow",
}
NO_NETWORKS: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs.github.com", "a pointer of Git LFS; `git lfs pull` fetches the file itself"),
    (b"<!DOCTYPE", "a web page; the download did not give the file"),
    (b"<html", "a web page; the download did not give the file"),
    (b"\x1f\x8b", "compressed by gzip; unpack it first"),
    (b"BZh", "compressed by bzip2; unpack it first"),
    (b"\xfd7zXZ", "compressed by xz; unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"7767517\n", "a network of ncnn; convert the original to ONNX"),
    (b"GGUF", "a GGUF file; it holds language models"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"%PDF", "a PDF document"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x89PNG", "a picture"),
)


def kind_of(path: Path) -> Kind:
    """The kind of network that a file, or the folder of a SavedModel, is.

    Raises InvalidModel, naming the file, for anything else, and for pickles, which are never opened.
    """
    try:
        return _kind_of_folder(path) if path.is_dir() else _kind_of_file(path)
    except OSError as error:
        raise InvalidModel(f"{path.name} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InvalidModel(f"{path.name} cannot be used: {error}") from error


def is_saved_model(folder: Path) -> bool:
    """Whether a folder is TensorFlow's SavedModel."""
    return any((folder / name).is_file() for name in SAVED_MODEL)


def _kind_of_folder(folder: Path) -> Kind:
    if is_saved_model(folder):
        return Kind.SAVED_MODEL
    raise ValueError(f"it is a folder without {' or '.join(SAVED_MODEL)}")


def _kind_of_file(file: Path) -> Kind:
    if not file.is_file():  # a pipe would be waited for
        raise ValueError("it is no file")
    with file.open("rb") as stream:
        head = stream.read(HEAD)
    size = file.stat().st_size
    if not head:
        raise ValueError("it is empty")
    for begins, what in NO_NETWORKS:
        if head.startswith(begins):
            raise ValueError(f"it is {what}")
    return _by_magic(head) or _by_archive(file, head) or _by_safetensors(head, size) or _by_content(file, head)


def _by_magic(head: bytes) -> Kind | None:
    if head[4:8] == b"TFL3":
        return Kind.TFLITE
    return Kind.HDF5 if head.startswith(b"\x89HDF\r\n\x1a\n") else None


def _by_archive(file: Path, head: bytes) -> Kind | None:
    return Kind(archives.network_in(file)) if head.startswith(b"PK") else None


def _by_safetensors(head: bytes, size: int) -> Kind | None:
    if head[8:10] != b'{"':
        return None
    announced = int.from_bytes(head[:8], "little")
    if announced > size - 8:
        raise ValueError(f"it is cut short or no safetensors file: its header claims {announced} bytes")
    return Kind.SAFETENSORS


def _by_content(file: Path, head: bytes) -> Kind:
    if head.startswith(PICKLES):  # after the formats that begin with a length, which may look like it
        raise ValueError(archives.PICKLE_ADVICE)
    if texts.is_text(head):
        return Kind(texts.network_in(file))
    if texts.is_darknet(head) and file.suffix == ".weights":
        return Kind.DARKNET_WEIGHTS
    return Kind(protobufs.network_in(file))
