"""Proves in a process of its own that a model folder works: it opens, and gives answers that can be read."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.specs import Network, Version
from image_tagger.models import contract, goldens
from image_tagger.models.contract import Agreement
from image_tagger.models.inspection.parts import companions_of
from image_tagger.models.loaded import LoadedModel, load
from image_tagger.models.manifest import read_version
from image_tagger.models.opening.process import LIMITS, Limits, in_child
from image_tagger.models.writing import GOLDEN

TOLERANCE = 0.01  # how far other libraries and processors may move an output whose golden answers are recorded here


@dataclass(frozen=True, slots=True)
class Proof:
    """How far the answers are from the golden ones; `recorded` where there were none before.

    convertible: whether the runtime knows a way to ONNX.
    """

    agreement: Agreement
    recorded: bool = False
    convertible: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """A model folder to be proved.

    golden: where golden answers are written if the folder has none; without it none are. reference: the runtime whose
    answers count where there are no golden ones; empty: the model's own.
    """

    folder: Path
    golden: Path | None = None
    reference: str = ""
    tolerance: float = TOLERANCE


def prove(trial: Trial, called: str, limits: Limits = LIMITS) -> Proof:
    """Open and try a model folder in another process. Blocks.

    called: what messages call it. Raises InvalidModel, with the number where the answers have moved, and
    MissingExtra.
    """
    asked = {
        "called": called,
        "folder": str(trial.folder),
        "golden": str(trial.golden or ""),
        "reference": trial.reference,
        "tolerance": trial.tolerance,
    }
    found = in_child("adding.proving:proved", asked, called, limits)
    agreement = Agreement(**found["agreement"])
    return Proof(agreement, recorded=bool(found["recorded"]), convertible=bool(found["convertible"]))


def proved(asked: dict[str, Any]) -> dict[str, Any]:
    """The same, in this process and as JSON values."""
    version = read_version(Path(asked["folder"]))
    _check_companions(version.network)
    granted = tuple(asked["granted"])
    model = load(version, "cpu", granted)
    contract.read_answers(model)
    if version.golden is not None:
        agreement = contract.check(model)
        if not agreement.kept:
            raise InvalidModel(_moved(agreement, version))
        return _described(agreement, model)
    tolerance = float(asked["tolerance"])
    reference, agreement = _reference(model, asked["reference"], tolerance, granted)
    if asked["golden"]:
        contract.record(reference, Path(asked["golden"]), tolerance)
    return _described(agreement, model, recorded=bool(asked["golden"]))


def _check_companions(network: Network) -> None:
    """What belongs to the network has a hash, too, or another file could take its place unnoticed."""
    known = {name for name, _ in network.companions}
    if missing := [name for name in companions_of(network.file) if name not in known]:
        raise InvalidModel(f"{missing[0]} belongs to the network: [network.companions] needs it with its SHA-256")


def _described(agreement: Agreement, model: LoadedModel, *, recorded: bool = False) -> dict[str, Any]:
    convertible = hasattr(model.runtime, "export")
    return {"agreement": asdict(agreement), "recorded": recorded, "convertible": convertible}


def _moved(agreement: Agreement, version: Version) -> str:
    return (
        f"its answers in {version.network.runtime} differ from its golden ones by {agreement.difference:.1e}"
        f" (allowed: {agreement.tolerance:.1e})"
    )


def _reference(
    model: LoadedModel, runtime: str, tolerance: float, granted: tuple[str, ...]
) -> tuple[LoadedModel, Agreement]:
    """The model whose answers become the golden ones, and how far the other way to run it is from that."""
    version = model.version
    if runtime in ("", version.network.runtime):
        return model, Agreement(len(goldens.golden_pictures()), 0.0, tolerance)
    original = load(replace(version, network=replace(version.network, runtime=runtime)), "cpu", granted)
    return original, contract.compare(original, model, tolerance)


def golden_table(tolerance: float) -> str:
    """What `model.toml` says about golden answers that were recorded."""
    return f'\n[golden]\nfile = "{GOLDEN}"\ntolerance = {tolerance!r}\n'
