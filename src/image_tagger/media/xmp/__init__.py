"""Labels in XMP sidecars: written beside pictures for other programs, and taken out again exactly.

Whatever others have in a sidecar keeps its bytes.
"""

from collections.abc import Iterable
from pathlib import Path

from image_tagger.media.xmp.marks import OWN, Mark, Provenance, marked, unmarked
from image_tagger.media.xmp.sidecars import read, replace, sidecar_of, sidecars_of

__all__ = ["OWN", "Mark", "Provenance", "remove", "sidecar_of", "write"]


def write(picture: Path, marks: Iterable[Mark], provenance: Provenance) -> Path | None:
    """Put labels into a picture's sidecar, in place of those that were put there before; answer which file changed.

    None where nothing had to change. Without labels only the earlier ones go, and no sidecar is made.
    Raises InvalidSidecar where there is a sidecar that cannot be changed without a loss, and TaggerError where a file
    cannot be read or written; the sidecar is then as it was.
    """
    sidecar = sidecar_of(picture)
    before = read(sidecar)
    after = marked(before, tuple(marks), provenance)
    if after == before:
        return None
    replace(sidecar, after)
    return sidecar


def remove(picture: Path) -> tuple[Path, ...]:
    """Take out of a picture's sidecars all that `write` put there; answer which files changed or went.

    Raises as `write` does.
    """
    changed = []
    for sidecar in sidecars_of(picture):
        before = read(sidecar)
        after = before if before is None else unmarked(before)
        if after != before:
            replace(sidecar, after)
            changed.append(sidecar)
    return tuple(changed)
