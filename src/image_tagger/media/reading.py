"""Opened files that give up on being read in millions of crumbs."""

import io
from pathlib import Path
from typing import IO

from image_tagger.domain.errors import InvalidMedia

MOST_READS = 500_000  # a second or two; a hostile file of empty segments makes Pillow read for many minutes


class _Counting(io.BufferedIOBase):
    """Mixed into a file: counts its reads. Raises InvalidMedia when there are too many."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """As every file reads."""
        self.reads += 1
        if self.reads > MOST_READS:
            raise InvalidMedia("the file is cut into too many pieces")
        return super().read(size)


class _Memory(_Counting, io.BytesIO):
    """Bytes in memory."""


class _Disk(_Counting, io.BufferedReader):
    """A file on disk."""


def open_content(content: bytes | Path) -> IO[bytes]:
    """Bytes, or the file of this name, ready to be read; for the caller to close. Raises InvalidMedia: no such file."""
    if isinstance(content, bytes):
        return _Memory(content)
    try:
        return _Disk(io.FileIO(content))
    except OSError as error:
        raise InvalidMedia("the file cannot be opened") from error
