"""What users register: networks, specifications, and the versions that tie one to the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.specs import Spec

Json = Mapping[str, Any]
MOST_LABELS = 100_000
WHOLE_PICTURE = frozenset({"classification", "tagging"})  # postprocessings whose predictions have no region
VERSION = "version:"  # what a model name begins with that means a registered version; no other name has a colon
R = TypeVar("R")


class Roi(StrEnum):
    """Whether predictions say where."""

    NONE = "NONE"
    BBOX = "BBOX"


@dataclass(frozen=True, slots=True)
class Labels:
    """One output of a specification: labels in the order of the network's scores, each with an id of the user's choice.

    Raises InvalidRequest for no labels, an empty name, an id that stands twice.
    """

    ids: tuple[int, ...]
    names: tuple[str, ...]
    exclusive: bool
    roi: Roi = Roi.NONE

    def __post_init__(self) -> None:
        if not 0 < len(self.names) == len(self.ids) <= MOST_LABELS:
            raise InvalidRequest(f"an output needs labels, at most {MOST_LABELS}")
        if not all(name.strip() for name in self.names):
            raise InvalidRequest("a label needs a name")
        if len(set(self.ids)) < len(self.ids):
            raise InvalidRequest("a label id stands twice")

    @property
    def default_threshold(self) -> float:
        """The score from which a label counts where a version names no threshold of its own."""
        if self.roi is Roi.BBOX:
            return 0.8
        return 0.025 if self.exclusive else 0.5


class NetworkState(StrEnum):
    """How far the check of an uploaded network has come."""

    PENDING = "pending"
    READY = "ready"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """A file of a network, kept by the hash of its content; `size` in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class NetworkDraft:
    """A network as it is uploaded. preprocessing and postprocessings are in the words of the v0.7 protocol."""

    name: str
    framework: str
    preprocessing: Json
    files: tuple[NetworkFile, ...]
    description: str = ""
    metadata: Any = None
    postprocessings: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredNetwork:
    """A registered network; times are seconds since 1970.

    findings: what the check found in the files, or why it refused them (`reason`).
    """

    id: int
    draft: NetworkDraft
    created: float
    updated: float
    task_id: int | None = None
    state: NetworkState = NetworkState.PENDING
    findings: Json | None = None


@dataclass(frozen=True, slots=True)
class StoredSpec:
    """A registered specification; `current_version_id` is what runs where only the specification is named."""

    id: int
    name: str
    description: str
    metadata: Any
    outputs: tuple[Labels, ...]
    updated: float
    current_version_id: int | None = None


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A registered version. post_processings: one for each output of the specification, thresholds filled in."""

    id: int
    spec_id: int
    spec_name: str
    network_id: int
    network_name: str
    post_processings: tuple[Json, ...]
    created: float


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted."""

    offset: int = 0
    limit: int = 100

    def __post_init__(self) -> None:
        if self.offset < 0 or self.limit < 1:
            raise InvalidRequest("a page needs an offset of at least 0 and a limit of at least 1")


@dataclass(frozen=True, slots=True)
class Listing(Generic[R]):
    """One page of a list, and how many there are in all."""

    count: int
    results: tuple[R, ...]


def version_name(version_id: int, output: int = 0) -> str:
    """The model name of a registered version; of one with several outputs, each output is a model of its own."""
    return f"{VERSION}{version_id}.{output}" if output else f"{VERSION}{version_id}"


def labels_from_json(output: Json) -> Labels:
    """The inverse of `labels_as_json`."""
    found = output["labels"]
    ids, names = zip(*((one["id"], one["name"]) for one in found["labels"]), strict=True)
    return Labels(ids, names, found["exclusive"], Roi(found["roi"]))


def labels_as_json(labels: Labels) -> dict[str, Any]:
    """An output of a specification, in the words of the v0.7 protocol."""
    named = [{"id": number, "name": name} for number, name in zip(labels.ids, labels.names, strict=True)]
    return {"labels": {"roi": labels.roi.value, "exclusive": labels.exclusive, "labels": named}}


def labels_of(spec: Spec) -> Labels:
    """The labels of any model as an output of a specification; their ids count from 0."""
    roi = Roi.NONE if spec.postprocessing in WHOLE_PICTURE else Roi.BBOX
    names = spec.labels.names
    return Labels(tuple(range(len(names))), names, spec.postprocessing != "tagging", roi)
