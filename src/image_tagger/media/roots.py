"""Which folders of this machine and of object storage requests may name."""

import os
from dataclasses import dataclass
from pathlib import Path

from image_tagger.domain.errors import NotAllowed
from image_tagger.media.listing import is_inside

S3 = "s3://"


@dataclass(frozen=True, slots=True)
class Roots:
    """Paths of folders, and locations `s3://bucket/prefix`; everything below them may be read."""

    allowed: tuple[str, ...] = ()

    def place(self, location: str) -> str:
        """A location that may be read: a path without links, or the location in object storage as it is. Blocks.

        Raises NotAllowed, the same whether anything is there or not.
        """
        if location.startswith(S3):
            if any(_is_below(location, root) for root in self.allowed if root.startswith(S3)):
                return location
            raise self._refused()
        if not os.path.isabs(location) or "\0" in location:  # noqa: PTH117 - it may be no path at all
            raise self._refused()
        real = os.path.realpath(location)
        if self.inside(real) is None:
            raise self._refused()
        return real

    def inside(self, path: str | Path) -> Path | None:
        """The root, without links, that a path leads into when all its links are followed. Blocks."""
        roots = (Path(os.path.realpath(root)) for root in self.allowed if not root.startswith(S3))
        return next((root for root in roots if is_inside(path, root)), None)

    def _refused(self) -> NotAllowed:
        if not self.allowed:
            return NotAllowed("folders are closed to requests: the setting allowed_roots names none")
        return NotAllowed("this is in none of the folders that the setting allowed_roots opens")


def _is_below(location: str, root: str) -> bool:
    return location.rstrip("/") == root.rstrip("/") or location.startswith(f"{root.rstrip('/')}/")
