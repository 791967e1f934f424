"""The check of an uploaded network: opened in another process by the first runtime that reads it as it is described."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from image_tagger import plugins
from image_tagger.domain.errors import InvalidModel, MissingExtra, TaggerError
from image_tagger.domain.recognition import NetworkDraft
from image_tagger.domain.specs import Resize
from image_tagger.models.inspection.inspecting import Inspection, inspect
from image_tagger.models.inspection.kinds import RUNTIMES
from image_tagger.models.inspection.parts import Parts, found_parts
from image_tagger.models.loaded import RUNTIMES as FOLDER
from image_tagger.models.opening.process import LIMITS, Limits
from image_tagger.models.platform.frameworks import framework, is_saved_model, main_file
from image_tagger.models.platform.inputs import Inputs, inputs_of
from image_tagger.models.preprocessing.preparing import blank
from image_tagger.models.running.feeding import sides
from image_tagger.models.running.tensors import plain_name

FIXED = frozenset({"onnx", "openvino"})  # runtimes that take no other shape than the network names


def check(draft: NetworkDraft, files: Mapping[str, Path], limits: Limits = LIMITS) -> dict[str, Any]:
    """What was found in the files, as JSON: `runtime`, `format`, `inputs`, `outputs`. Blocks for seconds.

    files: by name, as they are laid out. Raises InvalidModel with the reason where the network cannot be used as it is
    described, and MissingExtra where no library that reads it is installed.
    """
    taken = inputs_of(draft.preprocessing, files)
    parts = found_parts(network_path(draft, files), limits)
    if parts.kind not in framework(draft.framework).kinds:
        raise InvalidModel(f"{parts.file.name} is a {parts.kind.value}, which {draft.framework} cannot be")
    found = _first_that_fits(parts, taken, limits)
    return {
        "runtime": found.runtime,
        "format": found.kind.value,
        "inputs": [asdict(info) for info in found.inputs],
        "outputs": [asdict(info) for info in found.outputs],
    }


def network_path(draft: NetworkDraft, files: Mapping[str, Path]) -> Path:
    """The file that a runtime opens, or the folder of a SavedModel. Raises InvalidModel where files lack."""
    main = main_file(draft.framework, files.keys())
    return files[main].parent if is_saved_model(main) else files[main]


def _first_that_fits(parts: Parts, taken: Inputs, limits: Limits) -> Inspection:
    """Raises the first real reason why none does: InvalidModel before MissingExtra."""
    reasons: list[TaggerError] = []
    for runtime in (name for name in RUNTIMES[parts.kind] if name in plugins.names(FOLDER)):
        try:
            found = inspect(parts, limits, runtime, inner=_fed(taken))
            _fits(found, taken)
        except InvalidModel as error:
            reasons.append(InvalidModel(str(error).replace(parts.file.name, _told(parts.file))))
        except MissingExtra as error:
            reasons.append(error)
        else:
            return found
    raise min(reasons, key=lambda reason: isinstance(reason, MissingExtra), default=_unread(parts))


def _unread(parts: Parts) -> InvalidModel:
    return InvalidModel(f"{parts.file.name} cannot be opened: no runtime here reads it")


def _fed(taken: Inputs) -> tuple[str, ...]:
    return (taken.tensor, *(constant.tensor for constant in taken.constants))


def _fits(found: Inspection, taken: Inputs) -> None:
    """Raises InvalidModel for an input that is described and not there."""
    names = [plain_name(info.name) for info in found.inputs]
    inner = {info.name for info in found.inner}
    for tensor in _fed(taken):
        if plain_name(tensor) not in names and tensor not in inner:
            raise InvalidModel(f"the network has no input {tensor!r}; it has: {', '.join(names) or 'none'}")
    given = blank(taken.preprocessing).shape  # this reads the mean file, too
    for info in found.inputs:
        own, described = info.shape[1:], plain_name(info.name) == plain_name(taken.tensor)
        if not (described and found.runtime in FIXED and taken.preprocessing.resize is not Resize.NETWORK and own):
            continue
        if len(own) != len(given) or any(side not in {None, mine} for side, mine in zip(own, given, strict=True)):
            raise InvalidModel(f"the input {info.name!r} takes {sides(own)}, the preprocessing gives {sides(given)}")


def _told(path: Path) -> str:
    """What messages call it: the folder of a SavedModel has a name of ours."""
    return "the SavedModel" if path.is_dir() else path.name
