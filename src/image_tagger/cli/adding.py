"""What `image-tagger models add` does."""

import sys
from dataclasses import dataclass
from pathlib import Path

import typer

from image_tagger.cli.model_tables import catalog_of, shelf_of
from image_tagger.cli.output import visible
from image_tagger.domain.errors import InvalidModel, InvalidRequest
from image_tagger.domain.specs import Constant
from image_tagger.models.adding.adder import Added, Adder, Wishes, check_name
from image_tagger.models.adding.proving import TOLERANCE
from image_tagger.models.guessing.drafting import read_labels
from image_tagger.models.guessing.guesses import Guess
from image_tagger.models.manifest import NAME, read_version
from image_tagger.models.names import ModelName, model_name
from image_tagger.services import open_limits, pull_terms
from image_tagger.settings import Settings, read_settings

UNFIT = str.maketrans(dict.fromkeys(" +()[]{},;=&", "-"))  # in names of files, and not allowed in those of models


@dataclass(frozen=True, slots=True)
class Given:
    """What stands on the command line beside the path."""

    name: str = ""
    labels: Path | None = None
    runtime: str = ""
    tolerance: float = TOLERANCE


def add(path: Path, given: Given) -> None:
    """Install a model folder or a network's file, and write what it is now and what was guessed."""
    settings = read_settings()
    wishes = wishes_of(path, given)
    own = {version.name for version in catalog_of(settings).versions} - set(map(str, shelf_of(settings).names()))
    check_name(wishes.name, own)
    if sys.stderr.isatty():
        typer.echo(f"adding {path.name} ...", err=True)
    added = adder_of(settings).add(path.expanduser().resolve(), wishes)
    for line in _told(added):
        typer.echo(line)


def adder_of(settings: Settings) -> Adder:
    """What adds models to this installation."""
    return Adder(shelf_of(settings), pull_terms(settings), open_limits(settings))


def wishes_of(path: Path, given: Given) -> Wishes:
    """The command line's words, checked. Raises InvalidRequest and InvalidModel."""
    if given.labels is not None and (path / NAME).is_file():
        raise InvalidModel(f"a folder with a {NAME} names its labels there; leave out --labels")
    labels = read_labels(given.labels) if given.labels else None
    return Wishes(_name(path, given.name), labels, given.runtime, given.tolerance)


def guess_line(guess: Guess) -> str:
    """One guess on one line."""
    value = [_shown(one) for one in guess.value] if isinstance(guess.value, tuple) else guess.value
    return visible(f"  {guess.table}.{guess.key} = {value}: {guess.why}")


def _shown(value: float | str | Constant) -> float | str:
    return f"{value.tensor}: {list(value.data)}" if isinstance(value, Constant) else value


def _name(path: Path, called: str) -> ModelName:
    """What was asked for, else what the folder's `model.toml` says, else the file's name without its suffix."""
    if called:
        return model_name(called)
    folder = path.expanduser().resolve()
    if (folder / NAME).is_file():
        return model_name(read_version(folder, hashed=False).name)
    stem = folder.name if folder.is_dir() else folder.stem
    try:
        return model_name(stem.translate(UNFIT).strip("-."))
    except InvalidRequest as error:
        raise InvalidRequest(f"{folder.name!r} gives no name for a model; choose one with --name") from error


def _told(added: Added) -> list[str]:
    version, proof = added.version, added.proof
    labels = len(version.spec.labels)
    what = f"{version.name}: {labels} label{'' if labels == 1 else 's'}, {version.spec.postprocessing}"
    lines = [f"{what}, runs in {version.network.runtime}; {_compared(added)}"]
    if added.converted is not None:
        lines.append(f"  converted {dict(version.about)['converted']}; --runtime keeps the original")
    if added.kept:
        lines.append(visible(f"  not converted to ONNX: {added.kept}"))
    if proof.recorded and proof.agreement.difference:
        lines.append(f"  the runtimes' answers differ by {proof.agreement.difference:.1e}")
    if added.recipe is not None:
        lines += ["guessed, to be checked with pictures whose labels you know:"]
        lines += [guess_line(guess) for guess in added.recipe.guesses if guess.why and not guess.sure]
    return lines


def _compared(added: Added) -> str:
    agreement = added.proof.agreement
    if added.proof.recorded:
        return "it had no golden answers: those of today were recorded"
    return f"golden answers kept, largest difference {agreement.difference:.1e} (allowed: {agreement.tolerance:.1e})"
