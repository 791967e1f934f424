"""Small ONNX networks, written as text."""

from pathlib import Path
from typing import Any

import onnx
import onnx.parser

from image_tagger.domain.labels import LabelSet
from image_tagger.domain.specs import Network, Preprocessing, Spec, Version
from image_tagger.models.manifest import sha256

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'


def written(folder: Path, graph: str) -> Path:
    """The file of a network such as `g (float[N,3] x) => (float[N,3] y) { y = Identity(x) }`."""
    file = folder / "network.onnx"
    onnx.save(onnx.parser.parse_model(HEAD + graph), file)
    return file


def version(file: Path, preprocessing: Preprocessing, *labels: str, **of_network: Any) -> Version:
    """A version of such a network; whoever asks for no labels reads no predictions."""
    network = Network(file, "onnx", preprocessing, sha256(file), **of_network)
    return Version("house/network", network, Spec(LabelSet(labels or ("thing",)), "classification"))
