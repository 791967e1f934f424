"""Whether a file of Darknet weights is the one that a configuration asks for."""

import struct
from pathlib import Path

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.formats.darknet.network import Configuration

VERSION = struct.Struct("<iii")  # major, minor, revision; then the number of pictures seen, in 4 or 8 bytes
WEIGHT = 4  # bytes
LONG_SINCE = 2  # the version, major x 10 + minor, that counts the pictures in 8 bytes


def check_weights(file: Path, configuration: Configuration) -> None:
    """The file has as many weights as the network. Raises InvalidModel: OpenCV would take what is missing for zeros."""
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            head = stream.read(VERSION.size)
    except OSError as error:
        raise InvalidModel(f"{file.name} cannot be read: {error.strerror}") from error
    if len(head) < VERSION.size:
        raise InvalidModel(f"{file.name} holds no Darknet weights: it is cut short")
    major, minor, _ = VERSION.unpack(head)
    start = VERSION.size + (8 if major * 10 + minor >= LONG_SINCE else 4)
    held, wanted = (size - start) / WEIGHT, configuration.weights
    if held < wanted or (configuration.exact and held != wanted):
        least = "" if configuration.exact else "at least "
        raise InvalidModel(
            f"{file.name} holds {held:.0f} weights; the network asks for {least}{wanted}: another or cut short"
        )
