"""A version in memory: prepare(image), run(batch), read(output)."""

from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from image_tagger import plugins
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec, Version
from image_tagger.models import preprocessing
from image_tagger.models.manifest import check_hashes

RUNTIMES = "image_tagger.models.runtimes"
POSTPROCESSINGS = "image_tagger.models.postprocessing"


class Runtime(Protocol):
    """An open network; safe to call from several threads."""

    def run(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """(number, ...) -> (number, ...)."""


class Postprocessing(Protocol):
    """A module of `models/postprocessing`."""

    def read(self, output: NDArray[np.floating], spec: object, selection: Selection) -> tuple[Prediction, ...]:
        """One picture's output -> its predictions."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """Everything needed to recognise, nothing to be looked up any more. All methods block; call them in threads."""

    version: Version
    runtime: Runtime
    postprocessing: Postprocessing

    def prepare(self, pixels: NDArray[np.uint8]) -> NDArray[Any]:
        """One picture, (height, width, 3) RGB -> one tensor without the batch dimension."""
        return preprocessing.prepare(pixels, self.version.network.preprocessing)

    def run(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """Tensors (number, ...) -> outputs (number, ...)."""
        return self.runtime.run(batch)

    def read(self, output: NDArray[np.float32], selection: Selection) -> tuple[Prediction, ...]:
        """One picture's output -> the selected predictions, best first."""
        return self.postprocessing.read(output, self.version.spec, selection)


def load(version: Version, device: str = "auto") -> LoadedModel:
    """Open a version's network, whose files must be those described. Blocks; raises InvalidModel or MissingExtra."""
    check_hashes(version.network)
    runtime = plugins.load(RUNTIMES, version.network.runtime).load(version.network.file, device)
    return LoadedModel(version, runtime, postprocessing_of(version.spec))


def postprocessing_of(spec: Spec) -> Postprocessing:
    """The module that reads the outputs."""
    return cast("Postprocessing", plugins.load(POSTPROCESSINGS, spec.postprocessing))
