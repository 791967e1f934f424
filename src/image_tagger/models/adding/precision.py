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
from image_tagger.models.adding.leads import margin
from image_tagger.models.loaded import RUNTIMES, LoadedModel, load
from image_tagger.models.manifest import read_version
from image_tagger.models.opening.process import LIMITS, Limits, in_child
from image_tagger.models.running.rechecked import doubtful
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


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a model said to pictures.

    values: of its first output, (pictures, values). scores: (pictures, labels). seconds: of processor time.
    """

    values: NDArray[np.float64]
    scores: NDArray[np.float64]
    seconds: float


@dataclass(frozen=True, slots=True)
class Loss:
    """How far a lower precision moves answers over `pictures` pictures.

    difference: of a probability, the largest. flips: pictures with another best label. speed: how many pictures it
    answers in the processor time of one in float32, on this machine. again: pictures that were computed in float32
    once more.
    """

    pictures: int
    difference: float
    flips: int
    speed: float
    again: int = 0


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
    wanted = _in(precision, original)
    own = goldens.read_golden(version.golden.file).pictures if version.golden else goldens.golden_pictures()
    pictures = [*own, *goldens.golden_pictures(SAMPLES)[goldens.COUNT :]]
    expected = answers(original, pictures)
    del original  # as many networks as will run are enough in memory
    wanted, loss = _compared(wanted, expected, pictures)
    _refuse(loss, precision)
    goldens.write_golden(folder / GOLDEN, own, expected.scores[: len(own)])
    golden, note = Golden(folder / GOLDEN, precision.tolerance), ("precision", described(loss, precision))
    write_version(folder, replace(wanted, golden=golden, about=(*version.about, note)))
    return {"loss": asdict(loss)}


def answers(model: LoadedModel, pictures: list[NDArray[np.uint8]]) -> Answers:
    """Run pictures one by one. The processor time does not count a first run before. Blocks."""
    goldens.raw_outputs(model, pictures[0][np.newaxis])
    began = time.process_time()
    outputs = [one for picture in pictures for one in goldens.raw_outputs(model, picture[np.newaxis])]
    took = time.process_time() - began
    values = np.stack([one[0].ravel() for one in outputs]).astype(np.float64)
    return Answers(values, goldens.probabilities(outputs, model.version.spec), took)


def compare(expected: Answers, found: Answers) -> Loss:
    """How far the scores of one way to run a model are from those of another, for the same pictures."""
    flips = expected.scores.argmax(1) != found.scores.argmax(1)
    difference = float(np.abs(expected.scores - found.scores).max())
    return Loss(len(flips), difference, int(flips.sum()), expected.seconds / max(found.seconds, 1e-9))


def described(loss: Loss, precision: Precision) -> str:
    """What people read about it."""
    return (
        f"{precision.name} by {RUNTIME}; on {loss.pictures} pictures the best labels of {FLOAT32}, its probabilities"
        f" to {loss.difference:.1e}; {loss.again} of them computed in {FLOAT32} once more, as their best two were near"
        f" each other; {loss.speed:.1f} times as fast on the machine that compared them"
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


def _compared(version: Version, expected: Answers, pictures: list[NDArray[np.uint8]]) -> tuple[Version, Loss]:
    """The version with float32 once more for pictures whose best labels it may confuse, and how far it is off then."""
    model = load(version, "cpu")
    found = answers(model, pictures)
    least = margin(expected.values, found.values) if len(model.runtime.inputs) == 1 else 0
    if not least:
        return version, compare(expected, found)
    del model
    options = (*version.network.options, ("recheck", least))
    sure = replace(version, network=replace(version.network, options=options))
    again = int(doubtful(found.values, least).sum())
    return sure, replace(compare(expected, answers(load(sure, "cpu"), pictures)), again=again)


def _refuse(loss: Loss, precision: Precision) -> None:
    if loss.flips:
        raise InvalidModel(f"in {precision.name} it gives {loss.flips} of {loss.pictures} pictures another best label")
    if not loss.difference <= precision.tolerance:  # not a number is too far, too
        raise InvalidModel(
            f"in {precision.name} a probability moves by {loss.difference:.1e}, {precision.tolerance:.1e} is allowed"
        )
