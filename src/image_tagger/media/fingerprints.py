"""Fingerprints of pictures: the same bytes, and what looks alike.

The fingerprint of looks is the hash of Christoph Zauner's thesis "Implementation and Benchmarking of Perceptual Image
Hash Functions" (2010, section 3.2): the picture in grey, 32 x 32, its discrete cosine transform, and of low frequencies
whether each is above their median. Here they are the 64 lowest, those along the axes included.
"""

import hashlib
from contextlib import closing
from functools import cache
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidMedia
from image_tagger.media.decode import Decoder
from image_tagger.media.image import Image

SIDE = 32
BITS = 64
FLAT = 1.0  # levels of grey: pictures that differ by less from their mean show nothing that could be compared


def content_hash(file: Path) -> str:
    """SHA-256 of a file. Blocks. Raises OSError."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def file_fingerprint(decoder: Decoder, file: Path) -> int | None:
    """The fingerprint of a picture, or of an animation's first frame. Blocks. Raises what `Decoder.frames` raises."""
    with closing(decoder.frames(file, 2 * SIDE)) as frames:
        frame = next(frames, None)
    if frame is None:
        raise InvalidMedia("there is no frame in the file")
    return fingerprint(frame.image)


def fingerprint(image: Image) -> int | None:
    """64 bits, most of which are equal for pictures that look alike; None for a picture of one plain colour."""
    grey = PIL.Image.fromarray(image.pixels).convert("L").resize((SIDE, SIDE), PIL.Image.Resampling.BOX)
    levels = np.asarray(grey, np.float64)
    if levels.std() < FLAT:
        return None
    frequencies = (_cosines() @ levels @ _cosines().T)[_lowest()].round(6)  # rounding: zero is zero everywhere
    bits = frequencies > np.median(frequencies)
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


@cache
def _cosines() -> NDArray[np.float64]:
    """The orthonormal matrix of the discrete cosine transform (DCT-II), (32, 32)."""
    row = np.arange(SIDE)
    matrix: NDArray[np.float64] = np.cos(np.pi * np.outer(row, 2 * row + 1) / (2 * SIDE)) * np.sqrt(2 / SIDE)
    matrix[0] /= np.sqrt(2)
    return matrix


@cache
def _lowest() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the 64 lowest frequencies but the mean, in the order of diagonals."""
    places = sorted(((u, v) for u in range(SIDE) for v in range(SIDE)), key=lambda place: (sum(place), place))
    rows, columns = zip(*places[1 : BITS + 1], strict=True)
    return np.array(rows), np.array(columns)
