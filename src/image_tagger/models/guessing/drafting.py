"""A starting `model.toml` with a comment on every guess, in a folder with the network's files."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.labels import LabelSet
from image_tagger.models import manifest
from image_tagger.models.guessing.guesses import Guess
from image_tagger.models.guessing.recipe import Recipe
from image_tagger.models.inspection.parts import Parts
from image_tagger.models.manifest import sha256
from image_tagger.models.writing import LABELS, toml_key, toml_value

TABLES = ("network", "network.companions", "network.options", "preprocessing", "spec", "spec.options", "about")
WIDTH = 40  # where comments begin, if the entry is short enough


@dataclass(frozen=True, slots=True)
class Draft:
    """What a network seems to need. labels: those that a person gave, or numbered ones."""

    parts: Parts
    recipe: Recipe
    labels: LabelSet


def draft(parts: Parts, recipe: Recipe, labels: LabelSet | None) -> Draft:
    """With the labels given, else with numbered ones, as many as the network seems to have."""
    count = max(1, recipe.labels)
    return Draft(parts, recipe, labels or LabelSet(tuple(f"class {number}" for number in range(count))))


def read_labels(file: Path) -> LabelSet:
    """One label a line. Raises InvalidModel."""
    try:
        return LabelSet(tuple(file.read_text(encoding="utf-8-sig").splitlines()))
    except OSError as error:
        raise InvalidModel(f"the labels in {file.name} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InvalidModel(f"the labels in {file.name} are no UTF-8 text") from error


def write_draft(folder: Path, made: Draft, name: str) -> None:
    """Fill a folder, which may exist if it is empty: files, labels, `model.toml`. Raises InvalidModel."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InvalidModel(f"the folder {folder.name!r} is not empty")
        _copy(made.parts, folder)
        (folder / LABELS).write_text("".join(f"{label}\n" for label in made.labels.names), encoding="utf-8")
        (folder / manifest.NAME).write_text(text_of(made, name, folder), encoding="utf-8")
    except OSError as error:
        raise InvalidModel(f"the folder {folder.name!r} cannot be written: {error.strerror}") from error
    except UnicodeEncodeError as error:
        raise InvalidModel("a file of the network has a name that is no text; rename it") from error


def text_of(made: Draft, name: str, folder: Path | None = None) -> str:
    """`model.toml`. folder: where the files are; else where they were found."""
    parts, around = made.parts, folder or made.parts.file.parent
    file = around / parts.file.name
    own = [
        Guess("network", "file", parts.file.name, sure=True),
        Guess("network", "runtime", made.recipe.runtime, f"{parts.kind.value}", sure=True),
        Guess("network", "sha256", sha256(file), sure=True),
        *(Guess("network.companions", part, sha256(around / part), sure=True) for part in parts.companions),
        Guess("spec", "labels", LABELS, "one label a line, in the order of the outputs", sure=True),
    ]
    every = (*own, *made.recipe.guesses)
    tables = ((title, [guess for guess in every if guess.table == title]) for title in TABLES)
    return f"name = {toml_value(name)}\n" + "".join(_table(title, guesses) for title, guesses in tables if guesses)


def _copy(parts: Parts, folder: Path) -> None:
    if parts.file.is_dir():
        shutil.copytree(parts.file, folder / parts.file.name)
        return
    shutil.copyfile(parts.file, folder / parts.file.name)
    for name in parts.companions:
        shutil.copyfile(parts.file.with_name(name), folder / name)


def _table(title: str, guesses: list[Guess]) -> str:
    return f"\n[{title}]\n" + "".join(_line(guess) for guess in guesses)


def _line(guess: Guess) -> str:
    entry = f"{toml_key(guess.key)} = {toml_value(guess.value)}"
    if not guess.why:
        return f"{entry}\n"
    comment = guess.why.replace("\n", " ") if guess.sure else f"guessed: {guess.why}"
    return f"{entry.ljust(WIDTH)}  # {comment}\n"
