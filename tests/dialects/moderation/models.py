"""Small classifiers that tests make: real ONNX networks that look at the mean colour of a picture."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DEFAULT = "Falconsai/nsfw_image_detection"
FIVE = "LukeJacob2023/nsfw-image-detector"
SIX = "tests/six"
WEIGHTS: dict[str, Mapping[str, tuple[float, float, float, float]]] = {
    # label -> weights of red, green and blue (each in 0..1), and the bias; the scores are their softmax
    DEFAULT: {"normal": (-2.0, 2.0, 1.0, 0.3), "nsfw": (4.0, -1.0, 0.5, -0.4)},
    FIVE: {
        "drawings": (1.0, 1.0, -3.0, 0.2),
        "hentai": (2.0, -2.0, 3.0, -0.6),
        "neutral": (-1.0, 2.5, 0.5, 0.4),
        "porn": (3.5, -1.5, -1.0, -0.3),
        "sexy": (2.5, 0.5, -1.0, 0.1),
    },
    SIX: {f"label {number}": (0.3 * number, -0.2 * number, 0.1 * number, 0.0) for number in range(6)},
}

Message = Iterable[tuple[int, "int | bytes"]]


def model_folders(into: Path) -> dict[str, str]:
    """A model folder for each of the names: name -> folder."""
    return {name: str(_model_folder(into / name.replace("/", "--"), name)) for name in WEIGHTS}


def _model_folder(folder: Path, name: str) -> Path:
    folder.mkdir()
    network = _network(np.array(list(WEIGHTS[name].values()), np.float32))
    (folder / "mean.onnx").write_bytes(network)
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in WEIGHTS[name]), "utf-8")
    (folder / "model.toml").write_text(
        f'name = "{name}"\n[network]\nfile = "mean.onnx"\nruntime = "onnx"\n'
        f'sha256 = "{hashlib.sha256(network).hexdigest()}"\n[preprocessing]\nsize = [16, 16]\nresize = "squash"\n'
        '[spec]\nlabels = "labels.txt"\npostprocessing = "classification"\n[spec.options]\nactivation = "softmax"\n',
        "utf-8",
    )
    return folder


def _network(weights: NDArray[np.float32]) -> bytes:
    """An ONNX file: the mean of each colour, times the weights, plus the biases."""
    colours, biases = np.ascontiguousarray(weights[:, :3].T), np.ascontiguousarray(weights[:, 3])
    graph: Message = [
        (1, _node("GlobalAveragePool", ["image"], "mean")),
        (1, _node("Flatten", ["mean"], "flat")),
        (1, _node("Gemm", ["flat", "weights", "biases"], "logits")),
        (2, b"mean colour"),
        (5, _tensor("weights", colours)),
        (5, _tensor("biases", biases)),
        (11, _value("image", ["N", 3, 16, 16])),
        (12, _value("logits", ["N", len(weights)])),
    ]
    return _encoded([(1, 8), (8, _encoded([(1, b""), (2, 13)])), (7, _encoded(graph))])


def _node(operator: str, inputs: list[str], output: str) -> bytes:
    return _encoded([*((1, name.encode()) for name in inputs), (2, output.encode()), (4, operator.encode())])


def _tensor(name: str, values: NDArray[np.float32]) -> bytes:
    return _encoded([*((1, size) for size in values.shape), (2, 1), (8, name.encode()), (9, values.tobytes())])


def _value(name: str, shape: list[int | str]) -> bytes:
    sizes = [_encoded([(2, s.encode())] if isinstance(s, str) else [(1, s)]) for s in shape]
    tensor = _encoded([(1, 1), (2, _encoded([(1, size) for size in sizes]))])
    return _encoded([(1, name.encode()), (2, _encoded([(1, tensor)]))])


def _encoded(fields: Message) -> bytes:
    """A message of Protocol Buffers: numbers as varints, bytes with their length."""
    encoded = bytearray()
    for number, value in fields:
        if isinstance(value, int):
            encoded += _varint(number << 3) + _varint(value)
        else:
            encoded += _varint(number << 3 | 2) + _varint(len(value)) + value
    return bytes(encoded)


def _varint(value: int) -> bytes:
    low = value & 0x7F
    return bytes([low]) if value < 0x80 else bytes([low | 0x80]) + _varint(value >> 7)
