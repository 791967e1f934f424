"""Takes models into the data folder: checked in another process first, then installed all at once or not at all."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from image_tagger.domain.errors import InvalidRequest, ModelUnavailable, TaggerError
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.specs import Version
from image_tagger.models import manifest
from image_tagger.models.adding.proving import TOLERANCE, Proof, Trial, golden_table, prove
from image_tagger.models.guessing.drafting import Draft, draft, write_draft
from image_tagger.models.guessing.recipe import Recipe, recipe_of
from image_tagger.models.inspection.inspecting import Inspection, inspect
from image_tagger.models.inspection.parts import Parts, parts_of
from image_tagger.models.names import ModelName
from image_tagger.models.opening.process import LIMITS, Limits
from image_tagger.models.pulling.terms import Terms
from image_tagger.models.shelf import Shelf
from image_tagger.models.sources.folder import fetch
from image_tagger.models.writing import GOLDEN, rename_model

RUNTIME = re.compile(r'^(runtime\s*=\s*)(".*?"|\'.*?\')', re.MULTILINE)  # the first is the network's


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person says beside the files. An empty runtime is the model's own, or the first that opens a file."""

    name: ModelName
    labels: LabelSet | None = None
    runtime: str = ""
    tolerance: float = TOLERANCE


@dataclass(frozen=True, slots=True)
class Added:
    """An installed model, how far it is from its golden answers, and the recipe where it was guessed."""

    version: Version
    proof: Proof
    recipe: Recipe | None = None


class Adder:
    """Installs models from this machine on a shelf. Blocks."""

    def __init__(self, shelf: Shelf, terms: Terms, limits: Limits = LIMITS) -> None:
        self._shelf = shelf
        self._terms = terms
        self._limits = limits

    def add(self, path: Path, wishes: Wishes) -> Added:
        """A model folder, or a network's file, whose `model.toml` is guessed then.

        Raises InvalidModel, MissingExtra and ModelUnavailable, each naming the model and the reason.
        """
        with _told(wishes.name), self._shelf.reserved(wishes.name) as work:
            if (path / manifest.NAME).is_file():
                version, proof = self._installed(path, work, wishes)
                return Added(version, proof)
            made = self.draft(path, wishes)
            drafted = work / "drafted"
            write_draft(drafted, made, str(wishes.name))
            version, proof = self._installed(drafted, work, wishes)
            return Added(version, proof, made.recipe)

    def draft(self, path: Path, wishes: Wishes) -> Draft:
        """What `add` would guess for a network's file, and nothing else. Raises InvalidModel and MissingExtra."""
        parts, found = self.inspect(path, wishes.runtime)
        recipe = recipe_of(parts, found, len(wishes.labels) if wishes.labels else 0)
        return draft(parts, recipe, wishes.labels)

    def inspect(self, path: Path, runtime: str = "") -> tuple[Parts, Inspection]:
        """A network's files, and what is in them. Raises InvalidModel and MissingExtra."""
        parts = parts_of(path)
        return parts, inspect(parts, self._limits, runtime)

    def _installed(self, folder: Path, work: Path, wishes: Wishes) -> tuple[Version, Proof]:
        source = fetch(str(folder), work, self._terms)
        before = manifest.read_version(source).network.runtime
        if wishes.runtime and wishes.runtime != before:
            _set_runtime(source / manifest.NAME, wishes.runtime)
        rename_model(source, str(wishes.name))
        proof = self._proved(source, before, wishes)
        self._shelf.add(wishes.name, _revision(source, wishes), source)
        if (version := self._shelf.version(wishes.name)) is None:
            raise ModelUnavailable("it vanished while it was being installed")
        return version, proof

    def _proved(self, source: Path, reference: str, wishes: Wishes) -> Proof:
        trial = Trial(source, source / GOLDEN, reference, wishes.tolerance)
        proof = prove(trial, str(wishes.name), self._limits)
        if proof.recorded:
            with (source / manifest.NAME).open("a", encoding="utf-8") as text:
                text.write(golden_table(wishes.tolerance))
        return proof


def check_name(name: ModelName, taken: set[str]) -> None:
    """Raises InvalidRequest for a name with a revision, or of a model that comes with the product."""
    if name.revision:
        raise InvalidRequest("a model of this machine has no revisions; leave out what follows the @")
    if str(name) in taken:
        raise InvalidRequest(
            f"{str(name)!r} is the name of a model that comes with the product; choose one with --name"
        )


def _revision(source: Path, wishes: Wishes) -> str:
    """Another runtime is another revision, so that what runs elsewhere is left as it is."""
    return f"{source.name}-{wishes.runtime}" if wishes.runtime else source.name


def _set_runtime(file: Path, runtime: str) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(RUNTIME.sub(rf'\g<1>"{runtime}"', text, count=1), encoding="utf-8")


@contextmanager
def _told(name: ModelName) -> Iterator[None]:
    """Puts the model's name before the reason of an error."""
    try:
        yield
    except TaggerError as error:
        raise type(error)(f"the model {str(name)!r} cannot be added: {error}") from error
