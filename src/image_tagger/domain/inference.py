"""An inference that a job does: what is looked at, with which models, and what was found; all of it as JSON, too."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from image_tagger.domain.crops import Crop
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.frames import Evenly, PerSecond
from image_tagger.domain.geometry import Region
from image_tagger.domain.predictions import FrameResult
from image_tagger.domain.queries import Url
from image_tagger.domain.recognition import Labels

Json = Mapping[str, Any]
INFERENCE = "inference"  # the kind of its jobs
MOST_FOUND = 100_000  # predictions of one inference, which its result must hold


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that was sent, by the hash of its content."""

    sha256: str


@dataclass(frozen=True, slots=True)
class Looking:
    """What is looked at: of a picture a part, or of a film (`sampling` is not None) some frames."""

    media: Url | Stored
    crop: Crop | None = None
    sampling: PerSecond | Evenly | None = None


@dataclass(frozen=True, slots=True)
class Inference:
    """models: one for each output of a specification. top: most predictions of a frame, discarded ones included."""

    looking: Looking
    models: tuple[str, ...]
    top: int
    show_discarded: bool = False


@dataclass(frozen=True, slots=True)
class RawInference:
    """What a network gives for a picture, in the named tensors. A public network is named by its model."""

    looking: Looking
    network: int | str
    tensors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the positions of a model's labels mean: the labels, and the score from which each counts."""

    labels: Labels
    thresholds: tuple[float, ...]


def found_as_json(frames: Sequence[FrameResult], meaning: Meaning, asked: Inference) -> list[dict[str, Any]]:
    """The predictions of one output, in order; those below their threshold only where they are to be shown.

    Regions are counted from 1 through all frames, so that labels of one region can be told to belong together.
    Raises InvalidRequest where they are too many to be kept.
    """
    found: list[dict[str, Any]] = []
    regions: dict[tuple[int, Region], int] = {}
    for number, frame in enumerate(frames):
        for one in frame.predictions:
            place, threshold = one.position, meaning.thresholds[one.position]
            if one.score < threshold and not asked.show_discarded:
                continue
            entry = {"id": meaning.labels.ids[place], "label": one.label, "score": one.score, "threshold": threshold}
            if one.region is not None:
                entry["region"] = asdict(one.region)
                entry["region_id"] = regions.setdefault((number, one.region), len(regions) + 1)
            if asked.looking.sampling is not None:
                entry |= {"frame": number, "seconds": frame.seconds}
            found.append(entry)
        if len(found) > MOST_FOUND:
            raise InvalidRequest(f"there are more than {MOST_FOUND} predictions; ask for fewer, or of fewer frames")
    return found


def inference_as_json(asked: Inference | RawInference) -> dict[str, Any]:
    """The inverse of `inference_from_json`."""
    looking = {"looking": _looking_as_json(asked.looking)}
    if isinstance(asked, RawInference):
        return {**looking, "network": asked.network, "tensors": list(asked.tensors)}
    return {**looking, "models": list(asked.models), "top": asked.top, "show_discarded": asked.show_discarded}


def inference_from_json(value: Json) -> Inference | RawInference:
    """The inverse of `inference_as_json`."""
    looking = _looking_from_json(value["looking"])
    if "network" in value:
        return RawInference(looking, value["network"], tuple(value["tensors"]))
    return Inference(looking, tuple(value["models"]), value["top"], value["show_discarded"])


def _looking_as_json(looking: Looking) -> dict[str, Any]:
    media, crop = looking.media, looking.crop
    source = {"url": media.address} if isinstance(media, Url) else {"sha256": media.sha256}
    return {**source, "crop": asdict(crop) if crop else None, **_sampling_as_json(looking.sampling)}


def _sampling_as_json(sampling: PerSecond | Evenly | None) -> dict[str, Any]:
    if isinstance(sampling, Evenly):
        return {"frames_per_second": None, "frames": sampling.count}
    return {"frames_per_second": sampling.rate if sampling else None}


def _looking_from_json(value: Json) -> Looking:
    media = Url(value["url"]) if "url" in value else Stored(value["sha256"])
    return Looking(media, _crop_from_json(value["crop"]), _sampling_from_json(value))


def _sampling_from_json(value: Json) -> PerSecond | Evenly | None:
    if frames := value.get("frames"):
        return Evenly(frames)
    rate = value["frames_per_second"]
    return None if rate is None else PerSecond(rate)


def _crop_from_json(value: Json | None) -> Crop | None:
    if value is None:
        return None
    region = Region(**value["region"]) if value["region"] else None
    return Crop(region, tuple((x, y) for x, y in value["polygon"]), value["uniform_background"])
