"""A version in its framework's form -> the same version as ONNX, once both are seen to answer alike."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.specs import Network, Version
from image_tagger.models import contract, goldens, loaded
from image_tagger.models.loaded import LoadedModel
from image_tagger.models.manifest import sha256
from image_tagger.models.running.tensors import Runtime, own_name

NETWORK, RUNTIME = "network.onnx", "onnx"
TOLERANCE = 1e-3  # |answer - original| over 1 + |original|


def convert(version: Version, into: Path, granted: Collection[str] = ()) -> Version | None:
    """Write `network.onnx` into the folder `into` and compare it with the original on the golden pictures.

    granted: as `loaded.load` takes it. Returns None where the version's runtime knows no way to ONNX. Blocks, for
    minutes with large networks. Raises InvalidModel with the reason why the original has to stay: it cannot be
    exported, or its answers differ, and by how much; nothing is left in the folder then.
    """
    original = loaded.load(version, "cpu", granted)
    export: Callable[[Path], None] | None = getattr(original.runtime, "export", None)
    if export is None:
        return None
    file = into / NETWORK
    try:
        export(file)
        converted = loaded.load(_renamed(version, original.runtime, file), "cpu")
        contract.compare(original, converted, TOLERANCE)
        _check_together(converted)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return converted.version


def _renamed(version: Version, original: Runtime, file: Path) -> Version:
    """The version with the names of the exported network, whose tensors stand in the same order."""
    bare = replace(version.network, file=file, runtime=RUNTIME, sha256=sha256(file), companions=(), options=())
    plain = replace(bare, tensor="", constants=(), outputs=())
    exported = loaded.load(replace(version, network=plain), "cpu").runtime
    taken, given = _names(original.inputs, exported.inputs), _names(original.outputs, exported.outputs)
    network = version.network
    return replace(version, network=_with_names(bare, network, original, taken, given))


def _with_names(
    bare: Network, network: Network, original: Runtime, taken: Mapping[str, str], given: Mapping[str, str]
) -> Network:
    try:
        return replace(
            bare,
            tensor=taken[own_name(network.tensor, original.inputs)] if network.tensor else "",
            constants=tuple(replace(c, tensor=taken[own_name(c.tensor, original.inputs)]) for c in network.constants),
            outputs=tuple(given[own_name(name, original.outputs)] for name in network.outputs),
        )
    except KeyError as error:
        raise InvalidModel(f"exported to ONNX it has no tensor {error.args[0]!r}") from error


def _names(ours: tuple[loaded.TensorInfo, ...], theirs: tuple[loaded.TensorInfo, ...]) -> dict[str, str]:
    if len(ours) != len(theirs):
        raise InvalidModel(f"exported to ONNX it has {len(theirs)} tensors on one side instead of {len(ours)}")
    return {own.name: other.name for own, other in zip(ours, theirs, strict=True)}


def _check_together(model: LoadedModel) -> None:
    """Exporters may take the number of pictures, or a number derived from it, for a constant."""
    pictures = goldens.golden_pictures()
    alone, together = (goldens.raw_outputs(model, pictures, together=at_once) for at_once in (False, True))
    for one, other in zip(alone, together, strict=True):
        for tensor, same in zip(one, other, strict=True):
            if tensor.shape != same.shape or not np.allclose(tensor, same, rtol=TOLERANCE, atol=TOLERANCE):
                raise InvalidModel("exported to ONNX it answers otherwise when pictures are run together")
