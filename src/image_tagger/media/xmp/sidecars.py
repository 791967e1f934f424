"""Where a picture's sidecar is, and how it is read and replaced as a whole."""

import contextlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from image_tagger.domain.errors import InvalidSidecar, TaggerError
from image_tagger.media.suffixes import picture_suffixes
from image_tagger.media.xmp.nodes import MOST_BYTES

SUFFIX = ".xmp"
OTHERS = frozenset(  # of cameras' own formats and films, which programs keep sidecars for, too
    f".{name}"
    for name in (
        *("3fr", "arw", "cr2", "cr3", "crw", "dng", "erf", "kdc", "mef", "mrw", "nef", "nrw", "orf", "pef", "psd"),
        *("raf", "raw", "rw2", "rwl", "sr2", "srf", "srw", "x3f", "avi", "m4v", "mkv", "mov", "mp4", "mts", "webm"),
    )
)


def sidecar_of(picture: Path) -> Path:
    """The one that is there, or where a new one goes.

    `photo.jpg.xmp` is the name for new ones, as digiKam and darktable have it. `photo.xmp`, the name in Lightroom and
    other programs of Adobe, is taken where it is there, no other picture could have it, and no `photo.jpg.xmp` is.
    """
    long, short = long_name(picture), picture.with_suffix(SUFFIX)
    if os.path.lexists(long) or not os.path.lexists(short):  # false where the name is too long; writing says so
        return long
    return long if any(_is_another(path, picture) for path in _siblings(picture)) else short


def sidecars_of(picture: Path) -> list[Path]:
    """All that are there and may be this picture's, since it may have been alone when one was written."""
    return [path for path in (long_name(picture), picture.with_suffix(SUFFIX)) if os.path.lexists(path)]


def long_name(picture: Path) -> Path:
    """`photo.jpg` -> `photo.jpg.xmp`."""
    return picture.with_name(picture.name + SUFFIX)


def read(sidecar: Path) -> bytes | None:
    """The bytes of a sidecar; None where there is none. Raises InvalidSidecar, and TaggerError where reading fails."""
    try:
        if not stat.S_ISREG(sidecar.lstat().st_mode):
            raise InvalidSidecar("the sidecar is a link or no file at all; it was left as it is")
        with sidecar.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TaggerError(f"the sidecar cannot be read: {error.strerror}") from error


def replace(sidecar: Path, content: bytes | None) -> None:
    """Write a sidecar in one step, or remove it; whoever reads it meanwhile sees the old one or the new one, whole.

    Raises TaggerError where that fails; the old one is still there then.
    """
    try:
        if content is None:
            sidecar.unlink(missing_ok=True)
        else:
            _write(sidecar, content)
    except OSError as error:
        raise TaggerError(f"the sidecar cannot be written: {error.strerror}") from error


def _write(sidecar: Path, content: bytes) -> None:
    beside = sidecar.with_name(f".{secrets.token_hex(8)}{SUFFIX}.tmp")  # a longer name might be too long
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            shutil.copymode(sidecar, beside)
        beside.replace(sidecar)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _siblings(picture: Path) -> Iterator[Path]:
    """What other pictures of this name would be called; folders of many thousands take too long to list each time."""
    known = picture_suffixes() | OTHERS
    for suffix in {form for one in known for form in (one, one.upper())} - {picture.suffix}:
        yield picture.with_suffix(suffix)


def _is_another(path: Path, picture: Path) -> bool:
    """Whether a file is there that is not the picture itself, as `photo.JPG` may be where case does not count."""
    try:
        return not path.samefile(picture)
    except OSError:
        return False
