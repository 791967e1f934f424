"""A version in memory: prepare(image), run(batch), read(outputs)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from image_tagger import plugins
from image_tagger.domain.geometry import Size
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec, Version
from image_tagger.models.manifest import check_hashes
from image_tagger.models.preprocessing.fitting import fit
from image_tagger.models.preprocessing.placement import Placement
from image_tagger.models.preprocessing.preparing import fitted
from image_tagger.models.preprocessing.resizing import averaged
from image_tagger.models.running.feeding import Feeding
from image_tagger.models.running.tensors import NO_OPTIONS, Options, Outputs, Runtime, TensorInfo, Tensors

__all__ = [
    "NO_OPTIONS",
    "LoadedModel",
    "Options",
    "Outputs",
    "Postprocessing",
    "Prepared",
    "Runtime",
    "TensorInfo",
    "Tensors",
    "load",
    "postprocessing_of",
]

RUNTIMES = "image_tagger.models.runtimes"
POSTPROCESSINGS = "image_tagger.models.postprocessing"


class Postprocessing(Protocol):
    """A module of `models/postprocessing`."""

    def read(self, outputs: Outputs, spec: Spec, selection: Selection, placement: Placement) -> tuple[Prediction, ...]:
        """One picture's outputs -> its predictions, best first, as the selection wants them."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """One picture's tensor without the batch dimension, and where the picture lies in it."""

    tensor: NDArray[Any]
    placement: Placement


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """Everything needed to recognise, nothing to be looked up any more. All methods block; call them in threads."""

    version: Version
    runtime: Runtime
    postprocessing: Postprocessing
    _feeding: Feeding = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_feeding", Feeding.of(self.version.network, self.runtime))

    def prepare(self, pixels: NDArray[np.uint8], original: Size | None = None) -> Prepared:
        """One picture, (height, width, 3) RGB -> its tensor.

        original: the picture's size before it was decoded at a reduced scale, where that is known.
        """
        wanted = self.version.network.preprocessing
        pixels = averaged(pixels, original, wanted)
        size = Size(pixels.shape[1], pixels.shape[0])
        geometry = fit(size, wanted)
        return Prepared(fitted(pixels, geometry, wanted), Placement.of(geometry, size, original))

    def run(self, batch: NDArray[Any]) -> list[Outputs]:
        """Tensors (number, ...) -> every picture's outputs. Raises InvalidModel where the network refuses them."""
        return self._feeding.run(self.runtime, batch)

    def misfit(self, shape: tuple[int, ...]) -> str:
        """Why the network may refuse tensors of this shape (without the batch), for messages; empty where it fits."""
        return self._feeding.misfit(self.runtime, shape)

    def read(self, outputs: Outputs, placement: Placement, selection: Selection) -> tuple[Prediction, ...]:
        """One picture's outputs -> the selected predictions, best first; regions are those of the whole picture."""
        return self.postprocessing.read(outputs, self.version.spec, selection, placement)


def load(version: Version, device: str = "auto", granted: Collection[str] = ()) -> LoadedModel:
    """Open a version's network, whose files must be those described.

    granted: what the operator lets networks do beyond computing, by name; a network itself can only wish for it.
    Blocks; raises InvalidModel, MissingExtra, and ModelUnavailable for a device that is not there.
    """
    network = version.network
    check_hashes(network)
    module = plugins.load(RUNTIMES, network.runtime)
    grants: tuple[str, ...] = getattr(module, "GRANTS", ())
    options: dict[str, Any] = {name: value for name, value in network.options if name not in grants}
    options |= {name: True for name in grants if name in granted}
    return LoadedModel(version, module.load(network.file, device, options), postprocessing_of(version.spec))


def postprocessing_of(spec: Spec) -> Postprocessing:
    """The module that reads the outputs."""
    return cast("Postprocessing", plugins.load(POSTPROCESSINGS, spec.postprocessing))
