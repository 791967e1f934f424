"""Takes models into the data folder: checked in another process first, then installed all at once or not at all."""

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from image_tagger.domain.errors import InvalidModel, InvalidRequest, ModelUnavailable, TaggerError
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.specs import Version
from image_tagger.models import manifest
from image_tagger.models.adding import forms
from image_tagger.models.adding.converting import RUNTIME as ONNX
from image_tagger.models.adding.proving import TOLERANCE, Proof, Trial, golden_table, prove
from image_tagger.models.contract import Agreement
from image_tagger.models.guessing.drafting import Draft, draft, write_draft
from image_tagger.models.guessing.recipe import Recipe, recipe_of
from image_tagger.models.inspection.inspecting import Inspection, inspect
from image_tagger.models.inspection.kinds import CONVERTED
from image_tagger.models.inspection.parts import Parts, found_parts
from image_tagger.models.names import ModelName
from image_tagger.models.opening.process import LIMITS, Limits
from image_tagger.models.pulling.terms import Terms
from image_tagger.models.shelf import Shelf
from image_tagger.models.sources.folder import fetch
from image_tagger.models.writing import GOLDEN, rename_model

RUNTIME = re.compile(r'^(runtime\s*=\s*)(".*?"|\'.*?\')', re.MULTILINE)  # the first is the network's


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person says beside the files.

    runtime: the one that has to run it, so that nothing is converted; empty: the model's own, or the first that opens a
    file, and ONNX where the network can become that.
    """

    name: ModelName
    labels: LabelSet | None = None
    runtime: str = ""
    tolerance: float = TOLERANCE


@dataclass(frozen=True, slots=True)
class Added:
    """An installed model, how far it is from its golden answers, and the recipe where it was guessed.

    converted: how far it was moved by becoming ONNX; None where it did not. kept: the reason why it could not.
    """

    version: Version
    proof: Proof
    recipe: Recipe | None = None
    converted: Agreement | None = None
    kept: str = ""


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
                return self._installed(path, work, wishes)
            made = self.draft(path, wishes)
            draft = work / "model"
            write_draft(draft, made, str(wishes.name))
            return replace(self._installed(draft, work, wishes), recipe=made.recipe)

    def draft(self, path: Path, wishes: Wishes) -> Draft:
        """What `add` would guess for a network's file, and nothing else. Raises InvalidModel and MissingExtra."""
        parts, found = self.inspect(path, wishes.runtime)
        recipe = recipe_of(parts, found, len(wishes.labels) if wishes.labels else 0)
        return draft(parts, recipe, wishes.labels)

    def inspect(self, path: Path, runtime: str = "") -> tuple[Parts, Inspection]:
        """A network's files, and what is in them. Raises InvalidModel and MissingExtra."""
        parts = found_parts(path, self._limits)
        return parts, inspect(parts, self._limits, runtime, CONVERTED.get(parts.kind, ""))

    def _installed(self, folder: Path, work: Path, wishes: Wishes) -> Added:
        source = fetch(str(folder), work, self._terms)
        forms.to_native(source, wishes.runtime)
        before = manifest.read_version(source).network.runtime
        if wishes.runtime and wishes.runtime != before:
            _set_runtime(source / manifest.NAME, wishes.runtime)
        rename_model(source, str(wishes.name))
        proof = self._proved(source, before, wishes)
        agreement, reason = self._as_onnx(source) if proof.convertible and not wishes.runtime else (None, "")
        self._shelf.add(wishes.name, _revision(source, ONNX if agreement else wishes.runtime), source)
        if (version := self._shelf.version(wishes.name)) is None:
            raise ModelUnavailable("it vanished while it was being installed")
        return Added(version, proof, converted=agreement, kept=reason)

    def _as_onnx(self, source: Path) -> tuple[Agreement | None, str]:
        """How far the answers have moved, or the reason why the network stays as it is."""
        try:
            return forms.to_onnx(source, self._limits), ""
        except InvalidModel as error:
            return None, str(error)

    def _proved(self, source: Path, reference: str, wishes: Wishes) -> Proof:
        trial = Trial(source, source / GOLDEN, reference, wishes.tolerance)
        proof = prove(trial, "its network", self._limits)
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


def _revision(source: Path, runtime: str) -> str:
    """Another runtime is another revision, so that what runs elsewhere is left as it is."""
    return f"{source.name}-{runtime}" if runtime else source.name


def _set_runtime(file: Path, runtime: str) -> None:
    text = RUNTIME.sub(rf'\g<1>"{runtime}"', file.read_text(encoding="utf-8-sig"), count=1)
    if tomllib.loads(text)["network"]["runtime"] != runtime:
        raise InvalidModel(f"its {manifest.NAME} must have a line `runtime = ...` in [network]")
    file.write_text(text, encoding="utf-8")


@contextmanager
def _told(name: ModelName) -> Iterator[None]:
    """Puts the model's name before the reason of an error."""
    try:
        yield
    except TaggerError as error:
        raise type(error)(f"the model {str(name)!r} cannot be added: {error}") from error
