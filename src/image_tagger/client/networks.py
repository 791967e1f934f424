"""Networks of one's own: files and preprocessing, and versions that say what their outputs mean."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from image_tagger.client.inferring import ROOT, ended
from image_tagger.client.talking import Ask, Part, Talk, understood
from image_tagger.domain.errors import InvalidModel, InvalidRequest, TaskFailed

FRAMEWORKS = {  # the first suffix that is among the files
    ".onnx": "onnx",
    ".tflite": "tflite",
    ".keras": "keras",
    ".h5": "keras",
    ".hdf5": "keras",
    ".pt2": "pt2",
    ".caffemodel": "nv-caffe-0.x-mod",
    ".pb": "tensorflow-2.x",
    ".pbtxt": "tensorflow-2.x",
}
CAFFE = {".prototxt": "deploy.prototxt", ".caffemodel": "snapshot.caffemodel"}  # the names that the protocol wants


@dataclass(frozen=True, slots=True)
class PictureInput:
    """How pictures enter a network, in the words of the v0.7 protocol.

    tensor: the input's name. target_size: `224x224`, or the largest side for resize_type `NETWORK`. pixel_scaling: what
    a white pixel becomes. mean_file: name of a file of the upload that is subtracted then.
    """

    tensor: str
    target_size: str
    resize_type: str = "SQUASH"
    color_channels: str = "RGB"
    dimension_order: str = "NCHW"
    pixel_scaling: float = 255.0
    data_type: str = "FLOAT32"
    mean_file: str = ""


@dataclass(frozen=True, slots=True)
class Network:
    """A network that the server has opened and checked."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Specification:
    """What is recognised: labels in the order of the network's scores; exclusive ones, of which one is true; boxes."""

    name: str
    labels: Sequence[str]
    exclusive: bool = True
    boxes: bool = False


@dataclass(frozen=True, slots=True)
class Classification:
    """Scores are read from one tensor. thresholds: one for each label; none are the server's."""

    tensor: str
    thresholds: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Detection:
    """Boxes are read by a decoder of the v0.7 protocol: `{"direct_output": {"boxes_tensor": ..., ...}}`."""

    decoder: Mapping[str, Any]
    thresholds: Sequence[float] = ()
    nms_threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A network that is tied to a specification."""

    id: int
    specification_id: int

    @property
    def model(self) -> str:
        """Its name, for all that take a model."""
        return f"version:{self.id}"

    @property
    def current(self) -> str:
        """The name of whatever version of the specification is the current one."""
        return f"specification:{self.specification_id}"


def upload_network(
    files: Sequence[str | Path],
    preprocessing: PictureInput | Mapping[str, Any],
    name: str,
    framework: str,
    seconds: float,
) -> Talk[Network]:
    """Upload and wait until the server has opened it. Raises InvalidModel with the server's reason."""
    found = _parts(files)
    texts = {
        "name": name or Path(files[0]).stem,
        "framework": framework or _framework(found),
        "preprocessing": _json(preprocessing),
    }
    parts = (*(Part(key, value) for key, value in texts.items()), *found)
    answer = yield Ask("POST", f"{ROOT}/networks/", parts=parts, meanings=((400, InvalidModel),))
    network, task = understood(answer, lambda body: (Network(int(body["id"]), body["name"]), str(body["task_id"])))
    try:
        yield from ended(task, seconds)
    except TaskFailed as error:
        raise InvalidModel(str(error)) from error
    return network


def make_version(
    network: Network, specification: Specification | int, reading: Classification | Detection
) -> Talk[Version]:
    """A version of a new specification, or of the one with this id; the first one is its current one at once."""
    spec_id = specification if isinstance(specification, int) else (yield from _specify(specification))
    body = {"network_id": network.id, "spec_id": spec_id, "post_processings": [_post_processing(reading)]}
    answer = yield Ask("POST", f"{ROOT}/recognition/versions/", body=body)
    return understood(answer, lambda made: Version(int(made["id"]), int(made["spec_id"])))


def make_current(version: Version) -> Talk[None]:
    """Let the specification's inferences use this version from now on."""
    path = f"{ROOT}/recognition/specs/{version.specification_id}/"
    yield Ask("PATCH", path, body={"current_version_id": version.id})


def _specify(wanted: Specification) -> Talk[int]:
    labels = [{"id": place, "name": label} for place, label in enumerate(wanted.labels)]
    kind = {"roi": "BBOX" if wanted.boxes else "NONE", "exclusive": wanted.exclusive, "labels": labels}
    body = {"name": wanted.name, "outputs": [{"labels": kind}]}
    answer = yield Ask("POST", f"{ROOT}/recognition/specs/", body=body)
    return understood(answer, lambda made: int(made["id"]))


def _post_processing(reading: Classification | Detection) -> dict[str, Any]:
    thresholds = {"thresholds": list(reading.thresholds)} if reading.thresholds else {}
    if isinstance(reading, Classification):
        return {"classification": {"output_tensor": reading.tensor, **thresholds}}
    overlap = {} if reading.nms_threshold is None else {"nms_threshold": reading.nms_threshold}
    return {"detection": {**reading.decoder, **overlap, **thresholds}}


def _json(wanted: PictureInput | Mapping[str, Any]) -> str:
    try:
        return json.dumps(_preprocessing(wanted))
    except (TypeError, ValueError) as error:
        raise InvalidRequest("the preprocessing has values that JSON does not know") from error


def _preprocessing(wanted: PictureInput | Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(wanted, PictureInput):
        return dict(wanted)
    image = asdict(wanted)
    return {"inputs": [{"tensor_name": image.pop("tensor"), "image": image}], "batched_output": True}


def _parts(files: Sequence[str | Path]) -> list[Part]:
    paths = [path for one in map(Path, files) for path in (sorted(one.rglob("*")) if one.is_dir() else [one])]
    found = [path for path in paths if not path.is_dir()]
    if missing := [path.name for path in found if not path.is_file()]:
        raise InvalidRequest(f"there is no file {missing[0]}")
    if not found:
        raise InvalidRequest("name the files of the network")
    return [Part(CAFFE.get(path.suffix, path.name), path, path.name) for path in found]


def _framework(files: Sequence[Part]) -> str:
    suffixes = {Path(part.name).suffix.lower() for part in files}
    known = [framework for suffix, framework in FRAMEWORKS.items() if suffix in suffixes]
    if not known:
        raise InvalidRequest(f"no file has a known suffix ({', '.join(FRAMEWORKS)}); name the framework")
    return known[0]
