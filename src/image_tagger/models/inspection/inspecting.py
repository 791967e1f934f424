"""Looks into a network: what it takes and gives, and what comes out when a picture is tried."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_tagger import plugins
from image_tagger.domain.errors import InvalidModel, InvalidRequest, MissingExtra, TaggerError
from image_tagger.models.goldens import golden_pictures
from image_tagger.models.inspection.kinds import RUNTIMES, Kind
from image_tagger.models.inspection.parts import Parts
from image_tagger.models.loaded import RUNTIMES as FOLDER
from image_tagger.models.loaded import Runtime, TensorInfo
from image_tagger.models.opening.process import LIMITS, Limits, about_memory, in_child
from image_tagger.models.running.tensors import Inner

SIDES = (224, 320, 640)  # tried where a network takes pictures of any size
COLOURS = frozenset({1, 3})  # numbers of a pixel
SUM_OF_SHARES = 1e-2  # how far from 1 the sum of shares may be
SUM_OF_STEPS = 0.2  # the same where each share was rounded to a byte
STEP = 1 / 256


@dataclass(frozen=True, slots=True)
class Observed:
    """An output of one trial: its shape with the batch, its range, whether it adds up to 1 along its last long axis."""

    name: str
    shape: tuple[int, ...]
    least: float
    most: float
    shares: bool


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is known of a network without being told.

    observed: nothing where the trial failed, for `trouble`. inner: tensors that were asked for, where they may be fed.
    """

    kind: Kind
    runtime: str
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    observed: tuple[Observed, ...] = ()
    trouble: str = ""
    inner: tuple[TensorInfo, ...] = ()


def inspect(
    parts: Parts, limits: Limits = LIMITS, runtime: str = "", preferred: str = "", inner: Sequence[str] = ()
) -> Inspection:
    """Open a network in another process and try it. Blocks.

    runtime: the only one to be tried; preferred: one that is tried before the usual ones; inner: names of tensors that
    are looked for inside of the network. Raises InvalidModel with the reason, also where there is no such runtime, and
    MissingExtra where none for it is installed.
    """
    if runtime and runtime not in plugins.names(FOLDER):
        raise InvalidModel(f"{runtime!r} is none of the runtimes: {', '.join(plugins.names(FOLDER))}")
    asked: dict[str, Any] = {"file": str(parts.file), "kind": parts.kind.value, "called": parts.file.name}
    asked |= {"runtime": runtime, "preferred": preferred, "inner": list(inner)}
    found = in_child("inspection.inspecting:inspected", asked, parts.file.name, limits)
    return Inspection(
        parts.kind,
        str(found["runtime"]),
        _infos(found["inputs"]),
        _infos(found["outputs"]),
        tuple(Observed(**{**one, "shape": tuple(one["shape"])}) for one in found["observed"]),
        str(found["trouble"]),
        _infos(found["inner"]),
    )


def inspected(asked: dict[str, Any]) -> dict[str, Any]:
    """The same, in this process and as JSON values."""
    usual = (*filter(None, (asked["preferred"],)), *RUNTIMES[Kind(asked["kind"])])
    wanted = (asked["runtime"],) if asked["runtime"] else tuple(dict.fromkeys(usual))
    name, opened = _first(wanted, Path(asked["file"]), asked["granted"])
    observed, trouble = _tried(opened)
    return {
        "runtime": name,
        "inputs": [asdict(info) for info in opened.inputs],
        "outputs": [asdict(info) for info in opened.outputs],
        "observed": [asdict(one) for one in observed],
        "trouble": trouble,
        "inner": [asdict(info) for info in _inner(opened, asked["inner"])],
    }


def picture_input(inputs: Sequence[TensorInfo]) -> TensorInfo | None:
    """The tensor for the picture: the first that can be one."""
    ranked = sorted(inputs, key=lambda info: {4: 0, 3: 1}.get(len(info.shape), 2))
    return ranked[0] if ranked else None


def _first(names: Sequence[str], file: Path, granted: Sequence[str]) -> tuple[str, Runtime]:
    """The first runtime that is installed and opens the file; else the reason of the first one."""
    reasons: list[TaggerError] = []
    for name in names:
        try:
            module = plugins.load(FOLDER, name)
            grants = {grant: True for grant in getattr(module, "GRANTS", ()) if grant in granted}
            return name, module.load(file, "cpu", grants)
        except InvalidRequest:  # no such runtime in this release
            continue
        except (InvalidModel, MissingExtra) as error:
            reasons.append(error)
    real = [reason for reason in reasons if isinstance(reason, InvalidModel)]
    raise (real or reasons or [InvalidModel(f"{file.name} cannot be opened: no runtime here reads it")])[0]


def _inner(opened: Runtime, names: Sequence[str]) -> Iterator[TensorInfo]:
    if not isinstance(opened, Inner):
        return
    for name in names:
        with suppress(InvalidModel):  # there is none; who asked tells it from the others
            yield opened.inner(name)


def _tried(opened: Runtime) -> tuple[list[Observed], str]:
    taken = picture_input(opened.inputs)
    if taken is None:
        return [], "it takes nothing"
    if len(opened.inputs) > 1:
        return [], "it takes more than a picture"
    trouble = ""
    for side in SIDES:
        tensor = _picture(taken, side)
        try:
            answers = opened.run({taken.name: tensor}, [info.name for info in opened.outputs])
        except TaggerError as error:
            if about_memory(error):
                raise
            trouble = str(error)
            continue
        named = zip(opened.outputs, answers, strict=False)
        return [_observed(info.name, answer) for info, answer in named], ""
    return [], trouble


def _picture(info: TensorInfo, side: int) -> NDArray[Any]:
    """A picture of blotches in 0..1, or 0..255 for bytes, of the shape that a network asks for."""
    shape = filled_shape(info.shape, side)
    colours = golden_pictures()[3]
    down, across = (np.arange(2048) * sides // 2048 for sides in colours.shape[:2])
    numbers = colours[down][:, across].ravel()
    values = np.resize(numbers, shape)
    return values if info.element == "uint8" else (values / 255).astype(info.element or np.float32)


def filled_shape(shape: Sequence[int | None], side: int) -> tuple[int, ...]:
    """A shape without gaps: one picture, `side` pixels each way, three colours where nothing else is said."""
    if len(shape) != 4:
        return tuple(number or side for number in shape) or (1, 3, side, side)
    batch, *rest = shape
    if COLOURS.isdisjoint(rest) and rest[-1] is None and None in rest:
        rest[0 if rest[0] is None else -1] = 3
    return (batch or 1, *(number or side for number in rest))


def _observed(name: str, answer: NDArray[Any]) -> Observed:
    values = np.asarray(answer, np.float64)
    finite = values[np.isfinite(values)]
    least, most = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    axis = max((place for place, side in enumerate(values.shape) if side > 1), default=None)
    sums = values.sum(axis=axis) if axis is not None and values.size else np.array([0.0])
    far = SUM_OF_STEPS if np.all(np.mod(finite, STEP) == 0) else SUM_OF_SHARES
    shares = bool(least >= 0 and np.all(np.abs(sums - 1) < far))
    return Observed(name, tuple(values.shape), least, most, shares)


def _infos(rows: list[dict[str, Any]]) -> tuple[TensorInfo, ...]:
    return tuple(TensorInfo(str(row["name"]), tuple(row["shape"]), str(row["element"])) for row in rows)
