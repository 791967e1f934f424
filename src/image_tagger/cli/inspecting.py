"""What `image-tagger models inspect` does."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import typer

from image_tagger.cli.adding import Given, adder_of, wishes_of
from image_tagger.cli.output import visible
from image_tagger.domain.errors import InvalidModel
from image_tagger.models.adding.adder import Wishes
from image_tagger.models.guessing.drafting import Draft, draft, text_of, write_draft
from image_tagger.models.guessing.recipe import recipe_of
from image_tagger.models.inspection.inspecting import Inspection
from image_tagger.models.inspection.parts import Parts
from image_tagger.models.manifest import NAME, read_version
from image_tagger.models.running.tensors import TensorInfo
from image_tagger.settings import read_settings


@dataclass(frozen=True, slots=True)
class Shown:
    """What is known of a network. trouble: why no recipe could be guessed."""

    parts: Parts
    found: Inspection
    made: Draft | None
    trouble: str = ""


def inspect(path: Path, given: Given, write: Path | None, *, as_json: bool) -> None:
    """Write what a network takes and gives and the recipe guessed; with `write` fill that folder with a draft."""
    file = path.expanduser().resolve()
    if (file / NAME).is_file():
        file = read_version(file).network.file
    wishes = wishes_of(file, given)
    shown = _looked(file, wishes)
    if write is not None:
        if shown.made is None:
            raise InvalidModel(shown.trouble)
        write_draft(write.expanduser(), shown.made, str(wishes.name))
    typer.echo(json.dumps(_as_json(shown), indent=2) if as_json else _as_text(shown, wishes, write))


def _looked(file: Path, wishes: Wishes) -> Shown:
    parts, found = adder_of(read_settings()).inspect(file, wishes.runtime)
    try:
        recipe = recipe_of(parts, found, len(wishes.labels) if wishes.labels else 0)
    except InvalidModel as error:
        return Shown(parts, found, None, str(error))
    return Shown(parts, found, draft(parts, recipe, wishes.labels))


def _as_text(shown: Shown, wishes: Wishes, write: Path | None) -> str:
    lines = [
        f"{visible(shown.parts.file.name)}: {shown.parts.kind.value}, opened by {shown.found.runtime}",
        *(f"further file: {visible(name)}" for name in shown.parts.companions),
        *(f"input   {_tensor(info)}" for info in shown.found.inputs),
        *(f"output  {_tensor(info)}{_range(info, shown.found)}" for info in shown.found.outputs),
    ]
    if shown.found.trouble:
        lines.append(f"not tried with a picture: {shown.found.trouble}")
    if shown.made is None:
        return "\n".join([*lines, "", f"no recipe: {shown.trouble}"])
    where = f"written to {write.name}/{NAME}:" if write else f"a starting {NAME} (--write FOLDER keeps it):"
    return "\n".join([*lines, "", where, "", text_of(shown.made, str(wishes.name))])


def _tensor(info: TensorInfo) -> str:
    sides = ", ".join("?" if side is None else str(side) for side in info.shape)
    return visible(f"{info.name} [{sides}] {info.element}")


def _range(info: TensorInfo, found: Inspection) -> str:
    seen = next((one for one in found.observed if one.name == info.name), None)
    if seen is None:
        return ""
    sides = ", ".join(map(str, seen.shape))
    return f"; in a trial [{sides}], {seen.least:.3g} to {seen.most:.3g}{', adding up to 1' if seen.shares else ''}"


def _as_json(shown: Shown) -> dict[str, Any]:
    guesses = [asdict(guess) for guess in shown.made.recipe.guesses] if shown.made else []
    return {
        "file": shown.parts.file.name,
        "format": shown.parts.kind.value,
        "companions": shown.parts.companions,
        "runtime": shown.found.runtime,
        "inputs": [asdict(info) for info in shown.found.inputs],
        "outputs": [asdict(info) for info in shown.found.outputs],
        "observed": [asdict(one) for one in shown.found.observed],
        "not_tried": shown.found.trouble,
        "guesses": guesses,
        "no_recipe": shown.trouble,
    }
