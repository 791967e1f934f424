"""Giving a file another name in one step that never takes the place of another file."""

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from image_tagger.media.moving.folders import Place

HERE = -100 if sys.platform == "linux" else -2  # AT_FDCWD, where a path does not start from a descriptor
NO_REPLACE = 1 if sys.platform == "linux" else 4  # RENAME_NOREPLACE; macOS: RENAME_EXCL
CANNOT = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})  # what file systems without it say


def rename(source: Place, target: Place) -> None:
    """Move a name. Raises FileExistsError where the target is taken, and OSError, such as EXDEV across file systems.

    Where the system cannot refuse to replace, the file has both names for a moment: a crash right there leaves both.
    """
    if sys.platform == "win32":
        Path(source.path).rename(target.path)  # there it never replaces
        return
    call = _system_call()
    if call is None or not _renamed(call, source, target):
        rename_in_two_steps(source, target)


def rename_in_two_steps(source: Place, target: Place) -> None:
    """The same where the system cannot refuse to replace. Raises OSError where the file system knows no hard links."""
    link(source, target)
    os.unlink(source.path, dir_fd=source.folder)


def link(source: Place, target: Place) -> None:
    """Another name for the same file. Raises FileExistsError where it is taken, and OSError."""
    if source.folder is None:
        os.link(source.path, target.path, follow_symlinks=False)
    else:
        os.link(source.path, target.path, src_dir_fd=source.folder, dst_dir_fd=target.folder, follow_symlinks=False)


def _renamed(call: Callable[..., int], source: Place, target: Place) -> bool:
    """Whether it is done; false where this file system cannot do it so."""
    folders = [HERE if place.folder is None else place.folder for place in (source, target)]
    if not call(folders[0], os.fsencode(source.path), folders[1], os.fsencode(target.path), NO_REPLACE):
        return True
    code = ctypes.get_errno()
    if code in CANNOT:
        return False
    raise OSError(code, os.strerror(code), source.path, None, target.path)


@cache
def _system_call() -> Callable[..., int] | None:
    """`renameat2` or what macOS calls it; None where the C library has neither."""
    library = ctypes.CDLL(None, use_errno=True)
    call = getattr(library, "renameat2" if sys.platform == "linux" else "renameatx_np", None)
    if call is not None:
        call.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
        call.restype = ctypes.c_int
    return call
