"""`.keras` archives: three known files, whose sizes are believable."""

import zipfile
from pathlib import Path

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.formats import archives

CONFIGURATION, WEIGHTS = "config.json", "model.weights.h5"
KNOWN = frozenset({CONFIGURATION, WEIGHTS, "metadata.json"})
KERAS = "Keras 3"  # what archives.network_in says of them
MOST_TEXT = 64 * 1024**2  # bytes of a configuration


def read_configuration(file: Path) -> bytes:
    """What `config.json` says, once the archive is found to be in order.

    Raises InvalidModel for what is no such archive, names files outside, holds others, or would not fit in memory.
    """
    try:
        kind = archives.network_in(file)
        if kind != KERAS:
            raise InvalidModel(f"{file.name} is no Keras network; it is: {kind}")
        with zipfile.ZipFile(file) as archive:
            return _configuration(archive, file.name)
    except OSError as error:
        raise InvalidModel(f"{file.name} cannot be read: {error.strerror or 'broken'}") from error
    except (ValueError, *archives.BROKEN) as error:
        raise InvalidModel(f"{file.name} is no Keras network: {error}") from error


def _configuration(archive: zipfile.ZipFile, file: str) -> bytes:
    names = [member.filename for member in archive.infolist() if not member.is_dir()]
    if others := sorted(set(names) - KNOWN):
        raise InvalidModel(f"{file} brings files that a network of layers does not need: {others[0]!r}")
    if len(names) != len(set(names)):
        raise InvalidModel(f"{file} holds a file twice")
    if archive.getinfo(CONFIGURATION).file_size > MOST_TEXT:
        raise InvalidModel(f"the configuration in {file} is larger than {MOST_TEXT} bytes")
    return archive.read(CONFIGURATION)
