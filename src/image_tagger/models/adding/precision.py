"""Lets a model folder compute in a lower precision, where its answers stay what they are in float32."""

import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_tagger import plugins
from image_tagger.domain.errors import InvalidModel, InvalidRequest, ModelUnavailable
from image_tagger.domain.specs import Golden, Version
from image_tagger.models import goldens
from image_tagger.models.loaded import RUNTIMES, LoadedModel, load
from image_tagger.models.manifest import read_version
from image_tagger.models.opening.process import LIMITS, Limits, in_child
from image_tagger.models.running.tensors import LOGITS
from image_tagger.models.writing import GOLDEN, write_version

FLOAT32, BFLOAT16 = "float32", "bfloat16"
RUNTIME, NAMES = "openvino", {BFLOAT16: "bf16"}  # what computes so, and what it calls it
FROM = "onnx"
SCORES = ("classification", "tagging")  # the postprocessings whose answers are scores of the whole picture
TOLERANCE = 0.02  # of a probability
SAMPLES = 16  # pictures that are compared
CALLED = "its network in a lower precision"


@dataclass(frozen=True, slots=True)
class Precision:
    """What a network computes in: `float32`, or `bfloat16` if no probability moves by more than `tolerance` by that."""

    name: str = FLOAT32
    tolerance: float = TOLERANCE

    def __post_init__(self) -> None:
        if self.name not in (FLOAT32, *NAMES):
            raise InvalidRequest(f"the precision must be {' or '.join((FLOAT32, *NAMES))}, not {self.name[:40]!r}")

    @property
    def lower(self) -> bool:
        """Whether it is another one than that of the models' own answers."""
        return self.name != FLOAT32

    def revision(self, own: str) -> str:
        """What a revision of a model is called in this precision: what runs already is left as it is."""
        return f"{own}-{self.name}" if self.lower else own


@dataclass(frozen=True, slots=True)
class Loss:
    """How far a lower precision moves answers over `pictures` pictures.

    difference: of a probability, the largest. flips: pictures with another best label. speed: how many pictures it
    answers in the processor time of one in float32, on this machine.
    """

    pictures: int
    difference: float
    flips: int
    speed: float


def lower(folder: Path, precision: Precision, limits: Limits = LIMITS) -> Loss:
    """Let a model folder compute in this precision, compared with its float32 in another process. Blocks.

    Golden answers stay those of float32. Raises InvalidModel, with the numbers where its answers move too far,
    MissingExtra, and ModelUnavailable where this processor does not compute so; then the folder is as it was.
    """
    asked = {"called": CALLED, "folder": str(folder), "precision": precision.name, "tolerance": precision.tolerance}
    return Loss(**in_child("adding.precision:lowered", asked, CALLED, limits)["loss"])


def lowered(asked: dict[str, Any]) -> dict[str, Any]:
    """The same, in this process and as JSON values."""
    folder, precision = Path(asked["folder"]), Precision(asked["precision"], asked["tolerance"])
    version = read_version(folder)
    _check(version)
    original = load(version, "cpu", asked["granted"])
    other = load(_in(precision, original), "cpu")
    own = goldens.read_golden(version.golden.file).pictures if version.golden else goldens.golden_pictures()
    loss = compare(original, other, [*own, *goldens.golden_pictures(SAMPLES)[goldens.COUNT :]])
    _refuse(loss, precision)
    goldens.write_golden(folder / GOLDEN, own, goldens.run(original, own, together=False))
    golden, note = Golden(folder / GOLDEN, precision.tolerance), ("precision", described(loss, precision))
    write_version(folder, replace(other.version, golden=golden, about=(*version.about, note)))
    return {"loss": asdict(loss)}


def compare(original: LoadedModel, other: LoadedModel, pictures: list[NDArray[np.uint8]]) -> Loss:
    """How far the scores of one way to run a model are from those of another. Blocks."""
    (expected, slow), (found, fast) = (_scores(model, pictures) for model in (original, other))
    flips = expected.argmax(1) != found.argmax(1)
    difference = float(np.abs(expected - found).max())
    return Loss(len(pictures), difference, int(flips.sum()), slow / max(fast, 1e-9))


def described(loss: Loss, precision: Precision) -> str:
    """What people read about it."""
    return (
        f"{precision.name} by {RUNTIME}; on {loss.pictures} pictures the best labels of {FLOAT32}, its probabilities"
        f" to {loss.difference:.1e}; {loss.speed:.1f} times as fast on the machine that compared them"
    )


def _check(version: Version) -> None:
    if version.network.runtime != FROM:
        raise InvalidModel(
            f"only networks that run in {FROM} have another precision, not one in {version.network.runtime}"
        )
    if version.spec.postprocessing not in SCORES:
        raise InvalidModel(f"only {' and '.join(SCORES)} have another precision, not {version.spec.postprocessing}")
    if not plugins.load(RUNTIMES, RUNTIME).computes(NAMES[BFLOAT16]):
        raise ModelUnavailable(f"this processor does not compute in {BFLOAT16}, so nothing would be faster")


def _in(precision: Precision, original: LoadedModel) -> Version:
    """The version as another runtime runs it, which gives all outputs where none is named."""
    version, names = original.version, [info.name for info in original.runtime.outputs]
    outputs = version.network.outputs or (LOGITS if LOGITS in names else names[0],)
    options = (("precision", NAMES[precision.name]),)
    return replace(version, network=replace(version.network, runtime=RUNTIME, outputs=outputs, options=options))


def _scores(model: LoadedModel, pictures: list[NDArray[np.uint8]]) -> tuple[NDArray[np.float64], float]:
    """(number, labels), and the processor time that they took, but for the first run."""
    goldens.run(model, pictures[0][np.newaxis], together=False)
    began = time.process_time()
    scores = [goldens.run(model, picture[np.newaxis], together=False) for picture in pictures]
    took = time.process_time() - began
    return np.concatenate(scores), took


def _refuse(loss: Loss, precision: Precision) -> None:
    if loss.flips:
        raise InvalidModel(f"in {precision.name} it gives {loss.flips} of {loss.pictures} pictures another best label")
    if not loss.difference <= precision.tolerance:  # not a number is too far, too
        raise InvalidModel(
            f"in {precision.name} a probability moves by {loss.difference:.1e}, {precision.tolerance:.1e} is allowed"
        )
