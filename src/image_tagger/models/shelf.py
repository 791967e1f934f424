"""The models that were pulled: `<folder>/<owner>--<name>/<commit>/model.toml`, and which commit a name means."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from image_tagger.domain.errors import InvalidModel, ModelUnavailable
from image_tagger.domain.specs import Version
from image_tagger.models import manifest
from image_tagger.models.names import ModelName

PINS = "revisions.json"  # which commit each revision meant when it was pulled; the empty one is the model itself
WORK = ".work"
LOCKS = ".locks"
REPLACED = "replaced"  # in a work folder: a revision that another one takes the place of
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

    def complaint(self, name: ModelName) -> str:
        """Why a model that is listed cannot be read; empty where it can."""
        try:
            return "" if self.version(name) else "the files that it was installed with are gone"
        except InvalidModel as error:
            return str(error)

    def names(self) -> tuple[ModelName, ...]:
        """All installed models, without revisions, sorted."""
        found = (pins.parent.name for pins in self._folder.glob(f"*/{PINS}"))
        return tuple(sorted((self._name(folder) for folder in found), key=str))

    def usable_names(self) -> tuple[ModelName, ...]:
        """By what names models answer, sorted: without a revision, or with those of which alone they were pulled."""
        return tuple(name for plain in self.names() for name in self._answering(plain))

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
            with self._lock(name.folder, WAIT_SECONDS):
                self._clear_abandoned(work)
                self._clear(work)
                work.mkdir()
                try:
                    yield work
                finally:
                    self._clear(work)
        except Timeout as error:
            raise ModelUnavailable(f"another process has been fetching {name.repository!r} for too long") from error
        except OSError as error:
            raise ModelUnavailable(f"the folder of models cannot be written: {error.strerror or error}") from error

    def add(self, name: ModelName, revision: str, prepared: Path) -> None:
        """Install a prepared model folder, all of it or nothing, and let the name mean it. Needs `reserved`.

        Readers may miss a revision that is replaced for the moment between two renamings; what is equal stays.
        """
        target = self._folder / name.folder / revision
        target.parent.mkdir(exist_ok=True)
        if not _equal(target, prepared):
            aside = self._folder / WORK / name.folder / REPLACED
            aside.mkdir(exist_ok=True)
            with suppress(FileNotFoundError):
                target.rename(aside / revision)
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

    def _answering(self, name: ModelName) -> list[ModelName]:
        try:
            pins = self._pins(name)
        except InvalidModel:  # to be met by whoever asks for it
            return [name]
        return [name] if "" in pins or not pins else [ModelName(name.repository, revision) for revision in sorted(pins)]

    def _lock(self, folder: str, seconds: float) -> FileLock:
        return FileLock(self._folder / LOCKS / f"{folder}.lock", timeout=seconds)

    def _clear_abandoned(self, own: Path) -> None:
        """Remove what processes left that were killed while they prepared other models."""
        for work in (self._folder / WORK).iterdir():
            if work != own:
                with suppress(Timeout), self._lock(work.name, 0):  # else it is being worked on
                    self._clear(work)

    def _clear(self, work: Path) -> None:
        """Remove a work folder. A revision whose successor did not come into its place goes back there."""
        for replaced in work.glob(f"{REPLACED}/*"):
            place = self._folder / work.name / replaced.name
            if place.parent.is_dir() and not place.exists():
                replaced.rename(place)
        shutil.rmtree(work, ignore_errors=True)

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


def _equal(folder: Path, prepared: Path) -> bool:
    """Whether the same files are there already, whole."""
    return folder.is_dir() and manifest.sha256(folder) == manifest.sha256(prepared)
