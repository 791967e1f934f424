"""What kind of network a text is: Caffe's prototxt, Darknet's configuration, OpenVINO's XML."""

import re
from pathlib import Path

MOST_BYTES = 16 * 1024**2  # of a description without weights; VGG-SSD has 30 kB
MOST_LAYERS = 20_000
CONTROL = frozenset(range(32)) - {9, 10, 12, 13}
# `\s` reaches over line ends: where a line begins, it would be tried again and again over all blank lines that follow
CAFFE_LAYER = re.compile(r"^[ \t]*layers?\s*(?::\s*)?\{", re.MULTILINE)
DARKNET = re.compile(r"^[ \t]*\[(?:net|network)\]", re.MULTILINE)
SECTION = re.compile(r"^[ \t]*\[", re.MULTILINE)
OPENVINO = re.compile(r"^\s*(?:<\?xml[^>]*>\s*)?<net\b")
TENSORFLOW = re.compile(r"^[ \t]*node\s*\{", re.MULTILINE)
SAVED_MODEL = re.compile(r"^saved_model_schema_version:", re.MULTILINE)
TFJS = re.compile(r'"(?:modelTopology|weightsManifest)"')
DARKNET_MAJOR, DARKNET_MINOR = range(1), range(1, 10)


def is_text(head: bytes) -> bool:
    """Whether the beginning of a file is text."""
    return not CONTROL.intersection(head)


def is_darknet(head: bytes) -> bool:
    """Whether a file can be Darknet's weights, which have no mark: it begins with a version as two numbers."""
    major, minor = int.from_bytes(head[:4], "little"), int.from_bytes(head[4:8], "little")
    return len(head) >= 20 and major in DARKNET_MAJOR and minor in DARKNET_MINOR


def network_in(file: Path) -> str:
    """The value of the kind of network. Raises ValueError where it is none, or has too many layers."""
    if (size := file.stat().st_size) > MOST_BYTES:
        raise ValueError(f"it is a text of {size} bytes; at most {MOST_BYTES} are read")
    text = file.read_text(encoding="utf-8", errors="replace")
    for pattern, kind, layer in (
        (DARKNET, "Darknet configuration", SECTION),
        (OPENVINO, "OpenVINO IR", re.compile("<layer ")),
        (CAFFE_LAYER, "Caffe prototxt", CAFFE_LAYER),
    ):
        if pattern.search(text):
            return _of_moderate_size(text, layer, kind)
    if SAVED_MODEL.search(text):
        raise ValueError("it is a part of a TensorFlow SavedModel; name the folder that it is in")
    if TENSORFLOW.search(text):
        raise ValueError("it is a TensorFlow graph as text, without weights; freeze it into a binary .pb")
    if TFJS.search(text):
        raise ValueError("it is a model of TensorFlow.js; use the model that it was made of")
    raise ValueError("it is a text, and no network that is known here")


def _of_moderate_size(text: str, layer: re.Pattern[str], kind: str) -> str:
    layers = sum(1 for _ in layer.finditer(text))
    if layers > MOST_LAYERS:
        raise ValueError(f"it has {layers} layers; at most {MOST_LAYERS} are read")
    return kind
