"""The models that were pulled: `<folder>/<owner>--<name>/<commit>/model.toml`, and which commit a name means."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from image_tagger.domain.errors import InvalidModel, ModelUnavailable
from image_tagger.domain.specs import Version
from image_tagger.models import manifest
from image_tagger.models.names import ModelName

PINS = "revisions.json"  # which commit each revision meant when it was pulled; the empty one is the model itself
WORK = ".work"
LOCKS = ".locks"
WAIT_SECONDS = 3600.0  # for another process that fetches the same model


class Shelf:
    """Installed models. Safe to be used by many threads and processes at the same time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, name: ModelName) -> Path | None:
        """The model folder that a name means here; None where it is not installed."""
        revision = self._pins(name).get(name.revision, name.revision)
        folder = self._folder / name.folder / revision
        return folder if revision and (folder / manifest.NAME).is_file() else None

    def version(self, name: ModelName) -> Version | None:
        """The same as a version; its network's files are looked at when it is loaded. Raises InvalidModel."""
        folder = self.find(name)
        return manifest.read_version(folder, hashed=False, called=str(name)) if folder else None

    def names(self) -> tuple[ModelName, ...]:
        """All installed models, without revisions, sorted."""
        found = (pins.parent.name for pins in self._folder.glob(f"*/{PINS}"))
        return tuple(sorted((self._name(folder) for folder in found), key=str))

    def revisions(self, name: ModelName) -> tuple[str, ...]:
        """The revisions of a model that are installed, the one that its name means first."""
        meant = self._pins(name).get("")
        found = sorted(path.parent.name for path in (self._folder / name.folder).glob(f"*/{manifest.NAME}"))
        return tuple(sorted(found, key=lambda revision: revision != meant))

    def bytes_of(self, name: ModelName | None = None) -> int:
        """Size on disk of all revisions of a model, or of all models."""
        top = self._folder / name.folder if name else self._folder
        return sum(path.stat().st_size for path in top.rglob("*") if path.is_file())

    @contextmanager
    def reserved(self, name: ModelName) -> Iterator[Path]:
        """An empty folder to prepare a model in, while nobody else can install or remove it. It is removed at the end.

        Raises ModelUnavailable where it cannot be written, or where another process takes longer than an hour.
        """
        work = self._folder / WORK / name.folder
        try:
            for folder in (self._folder / LOCKS, work.parent):
                folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self._folder / LOCKS / f"{name.folder}.lock", timeout=WAIT_SECONDS):
                shutil.rmtree(work, ignore_errors=True)  # what a process left that was killed
                work.mkdir()
                try:
                    yield work
                finally:
                    shutil.rmtree(work, ignore_errors=True)
        except Timeout as error:
            raise ModelUnavailable(f"another process has been fetching {name.repository!r} for too long") from error
        except OSError as error:
            raise ModelUnavailable(f"the folder of models cannot be written: {error.strerror or error}") from error

    def add(self, name: ModelName, revision: str, prepared: Path) -> None:
        """Install a prepared model folder, all of it or nothing, and let the name mean it. Needs `reserved`."""
        target = self._folder / name.folder / revision
        target.parent.mkdir(exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        prepared.rename(target)
        self.pin(name, revision)

    def pin(self, name: ModelName, revision: str) -> None:
        """Let a name mean a revision that is installed. Needs `reserved`."""
        pins = {**self._pins(name), name.revision: revision}
        file = self._folder / name.folder / PINS
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(pins, indent=2), encoding="utf-8")
        fresh.replace(file)

    def remove(self, name: ModelName) -> bool:
        """Remove a model with all its revisions; answers whether there was any. Raises ModelUnavailable."""
        with self.reserved(name) as work:
            try:
                (self._folder / name.folder).rename(work / "removed")  # first out of sight, then file by file
            except FileNotFoundError:
                return False
        return True

    def _pins(self, name: ModelName) -> dict[str, str]:
        try:
            pins = json.loads((self._folder / name.folder / PINS).read_text(encoding="utf-8"))
            return {str(revision): _plain(str(commit)) for revision, commit in pins.items()}
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (ValueError, AttributeError, OSError) as error:
            raise InvalidModel(f"the list of revisions of {name.repository!r} cannot be read") from error

    @staticmethod
    def _name(folder: str) -> ModelName:
        return ModelName(folder.replace("--", "/"))


def _plain(commit: str) -> str:
    """A commit becomes part of a path."""
    if commit != os.path.basename(commit) or commit.startswith("."):  # noqa: PTH119 - it is no path yet
        raise ValueError(commit)
    return commit
