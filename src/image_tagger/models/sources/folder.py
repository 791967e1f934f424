"""A folder of this machine, named by the operator: a model folder, or a repository's files as the hub has them."""

import hashlib
import shutil
from pathlib import Path

from image_tagger.domain.errors import InvalidModel
from image_tagger.models import manifest
from image_tagger.models.huggingface.files import needed_files
from image_tagger.models.manifest import sha256
from image_tagger.models.pulling.terms import Terms

REVISION = 40  # hexadecimal digits, as many as a commit on the hub has


def fetch(location: str, into: Path, terms: Terms) -> Path:
    """A copy of the files that are needed, in a new folder named by a hash of their content.

    Blocks. Raises InvalidModel for a folder that holds no model, or one that is too large.
    """
    folder = Path(location)
    try:
        needed = _needed(folder)
        total = sum((folder / name).stat().st_size for name in needed)
        if total > terms.max_bytes:
            raise InvalidModel(f"it has {total} bytes; at most {terms.max_bytes} are taken")
        copy = into / _hash(folder, needed)
        for name in needed:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, copy / name)
    except OSError as error:
        raise InvalidModel(f"the folder {folder.name!r} cannot be read: {error.strerror}") from error
    return copy


def _needed(folder: Path) -> tuple[str, ...]:
    if not folder.is_dir():
        raise InvalidModel(f"there is no folder {folder.name!r}")
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    if manifest.NAME not in names:
        return needed_files(names)
    manifest.read_version(folder)
    return tuple(name for name in names if not name.startswith("."))


def _hash(folder: Path, names: tuple[str, ...]) -> str:
    described = "\n".join(f"{name} {sha256(folder / name)}" for name in names)
    return hashlib.sha256(described.encode()).hexdigest()[:REVISION]
